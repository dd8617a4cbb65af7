/** The ticket as a browser prints it: at a press, or at once where a kiosk asks for it. */

import { byId } from "/static/web/lib/dom.js";

byId("print").hidden = false;
byId("print").addEventListener("click", () => window.print());
if (new URLSearchParams(location.search).has("print")) window.print();
