/** Whether keys without Ctrl or Alt do something on the market's page: who speaks to the computer switches them off. */

const PLACE = "tanyu.shortcuts";

function kept(): boolean {
  try {
    return localStorage.getItem(PLACE) !== "off";
  } catch {
    return true; // a browser that keeps nothing
  }
}

class Shortcuts {
  #areOn = $state(kept());

  get areOn(): boolean {
    return this.#areOn;
  }

  set areOn(wanted: boolean) {
    this.#areOn = wanted;
    try {
      localStorage.setItem(PLACE, wanted ? "on" : "off");
    } catch {
      // It lasts as long as the page.
    }
  }
}

export const shortcuts = new Shortcuts();
