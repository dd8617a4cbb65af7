/** Services are found by their words while somebody is served; without a script they are a list. */

import { offerSearch } from "./search.js";

const search = document.getElementById("service-search");
if (search) {
  search.hidden = false;
  offerSearch(search, document.getElementById("service-services"));
  if (!search.closest("details")) search.focus();
}
