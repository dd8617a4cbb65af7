/** The branch live: whatever changes there is drawn again where it stands. */

import { byId } from "/static/web/lib/dom.js";
import { connect } from "/static/web/lib/live.js";
import { facts } from "/static/web/lib/words.js";
import { Refresh } from "./refresh.js";
import { follow } from "./staffing.js";

const known = facts();
const refresh = new Refresh({ everyMs: 500 });

follow(`/office/branches/${known.branch}/staffing`);
connect(`/ws/branches/${known.branch}/supervision`, {
  onSnapshot: () => refresh.soon(),
  shown: known,
  onStale: () => (byId("stale").hidden = false),
  onFresh: () => (byId("stale").hidden = true),
});
