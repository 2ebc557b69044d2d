"""Everything that a page has put away in its browser, where a script of anybody's in that page could read it."""

from playwright.sync_api import Page

_READ = """async () => {
  const asText = value => JSON.stringify(value, (_key, each) =>
    each instanceof ArrayBuffer || ArrayBuffer.isView(each)
      ? [...new Uint8Array(each.buffer ?? each)].map(byte => byte.toString(16).padStart(2, "0")).join("")
      : typeof each === "bigint" ? each.toString(16) : each);
  const done = request => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const found = [document.cookie, asText({ ...localStorage }), asText({ ...sessionStorage })];
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames)
      found.push(asText(await done(database.transaction(store).objectStore(store).getAll())));
    database.close();
  }
  return found.join("\\n");
}"""


def kept_in_browser(page: Page) -> str:
    """As one text in lower case, bytes as hex: a story asserts that a key's hex is not in it."""
    kept: str = page.evaluate(_READ)
    return kept.lower()
