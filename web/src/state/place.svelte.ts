/** Where the person is: the path of the address bar. Links to our own pages change it without loading a document. */

interface Place {
  path: string;
  search: string;
}

export const place = $state<Place>({ path: location.pathname, search: location.search });

function arrive(): void {
  place.path = location.pathname;
  place.search = location.search;
}

/** Goes to one of our pages. */
export function go(address: string): void {
  history.pushState(null, "", address);
  arrive();
  scrollTo(0, 0);
}

/** Takes over the clicks on links to pages that `isOurs`; what a person opens in a new tab stays the browser's. */
export function followLinks(isOurs: (path: string) => boolean): () => void {
  const click = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (link === null || !isPlain || event.defaultPrevented || link.target !== "" || link.hasAttribute("download"))
      return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !isOurs(url.pathname) || url.hash !== "") return;
    event.preventDefault();
    go(url.pathname + url.search);
  };
  addEventListener("popstate", arrive);
  document.addEventListener("click", click);
  return () => {
    removeEventListener("popstate", arrive);
    document.removeEventListener("click", click);
  };
}
