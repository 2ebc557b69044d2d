/** On a narrow screen links are a strip that scrolls: the link of the page that is open is brought into it. */
export function showCurrent(strip: HTMLElement | undefined): void {
  strip?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}
