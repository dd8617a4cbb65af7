// This page answers a form. From here on it counts as one that was asked for by its address, so that
// neither Back nor a reload asks to send the form again, or shows the browser's own error.
history.replaceState(history.state, "", document.currentScript.dataset.asked);
