/**
 * Shows what the centre tells of a visit while its page is closed. It keeps nothing, answers no
 * request of a page and, by its place, is in charge of none.
 */

addEventListener("install", () => skipWaiting());

addEventListener("push", (event) => {
  const said = read(event.data);
  if (!said) return;
  event.waitUntil(
    registration.showNotification(said.title, {
      body: said.body,
      tag: said.tag,
      renotify: true,
      requireInteraction: true,
      vibrate: [400, 150, 400, 150, 800],
      icon: "/static/web/icon.svg",
      data: { url: said.url },
    }),
  );
});

function read(data) {
  try {
    return data.json();
  } catch {
    return null;
  }
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

/** The page of the visit where it is open, else anew. */
async function open(url) {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => new URL(page.url).pathname === url);
  return there ? there.focus() : clients.openWindow(url);
}
