/** Beside the desk, too, the window is not closed on somebody who is at it. */

import { watchLeaving } from "./leaving.js";

watchLeaving(() => document.getElementById("at-own-desk").dataset.number);
