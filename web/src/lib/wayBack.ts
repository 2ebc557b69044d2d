/** Who signs in from a page comes back to it: the address of signing in carries where from. */

const TO = "to";

/** Where one signs in, from one of our pages. */
export function signInFrom(address: string): string {
  return address === "/" ? "/?sign-in" : `/?sign-in&${new URLSearchParams({ [TO]: address })}`;
}

/** The page that an address of signing in leads back to; undefined if it names none of ours. */
export function wayBack(search: string, isOurs: (path: string) => boolean): string | undefined {
  const address = new URLSearchParams(search).get(TO);
  if (address === null || !/^\/(?![/\\])/.test(address)) return undefined;
  const [path = ""] = address.split("?");
  return isOurs(path) ? address : undefined;
}
