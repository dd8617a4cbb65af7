/** Services are found by their words while somebody is served; without a script they are a list.
 * What was entered wrongly has the focus. */

import { offerSearch } from "./search.js";

const search = document.getElementById("service-search");
if (search) {
  search.hidden = false;
  offerSearch(search, document.getElementById("service-services"));
  if (!search.closest("details")) search.focus();
}
document.querySelector("[aria-invalid=true]")?.focus();
