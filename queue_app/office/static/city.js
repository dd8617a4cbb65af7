/** All branches: each tells when something has changed there, and the page is drawn again. */

import { byId } from "/static/web/lib/dom.js";
import { connect } from "/static/web/lib/live.js";
import { facts } from "/static/web/lib/words.js";
import { Refresh } from "./refresh.js";

const refresh = new Refresh({ everyMs: 3000 });
const silent = new Set();

for (const branch of facts().branches) {
  connect(`/ws/branches/${branch}/supervision`, {
    onSnapshot: () => refresh.soon(),
    onStale: () => hear(branch, true),
    onFresh: () => hear(branch, false),
  });
}

function hear(branch, isSilent) {
  if (isSilent) silent.add(branch);
  else silent.delete(branch);
  byId("stale").hidden = silent.size === 0;
}
