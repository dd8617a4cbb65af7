/** Beside the desk, too, the window is not closed on somebody who is at it. */

import { watchLeaving } from "./leaving.js";

const mark = document.getElementById("at-own-desk");
watchLeaving(() => mark.dataset.number);
