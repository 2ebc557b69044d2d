"""A person's hands: with a mouse, or with nothing but a keyboard. A story that uses them can be done by both."""

from playwright.sync_api import Locator, Page

from tests.browser.looks import Hands

TABS_MAX = 400
"""Stops on a page. Who has not come to a control after that many never will."""

_IS_REACHED = """element => {
  const at = document.activeElement;
  if (at === element) return true;
  return element.type === "radio" && at?.type === "radio" && at.name === element.name;
}"""


class NotReachable(AssertionError):
    """No Tab leads there."""

    def __init__(self, what: Locator) -> None:
        super().__init__(f"a keyboard does not come to {what}")


class Person:
    """Who does things on a page. Locators as Playwright has them; each act waits until the control is there."""

    def __init__(self, page: Page, hands: Hands) -> None:
        self.page = page
        self.hands = hands

    def press(self, what: Locator) -> None:
        """A button or link is pressed, a box ticked or cleared, a radio button chosen."""
        if self.hands == "mouse":
            what.click()
            return
        self.reach(what)
        kind = what.evaluate("element => element.type ?? ''")
        if kind == "radio":
            self._turn_to(what)
        elif kind == "checkbox":
            self.page.keyboard.press("Space")
        else:
            self.page.keyboard.press("Enter")

    def write(self, what: Locator, text: str) -> None:
        """Writes into a field, in place of what stands there."""
        if self.hands == "mouse" or what.get_attribute("type") in {"date", "month", "datetime-local", "time"}:
            what.fill(text)  # how a date is typed is the browser's business
            return
        self.reach(what)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(text)

    def choose(self, what: Locator, value: str) -> None:
        """Chooses an option of a select by its value."""
        if self.hands == "keyboard":
            self.reach(what)
        what.select_option(value)

    def reach(self, what: Locator) -> None:
        """Tabs until the control has the focus. Raises NotReachable."""
        what.wait_for()
        for _ in range(TABS_MAX):
            if what.evaluate(_IS_REACHED):
                return
            self.page.keyboard.press("Tab")
        raise NotReachable(what)

    def _turn_to(self, what: Locator) -> None:
        for _ in range(TABS_MAX):
            if what.is_checked():
                return
            at_first = what.evaluate("element => document.activeElement === element")
            self.page.keyboard.press("Space" if at_first else "ArrowDown")
        raise NotReachable(what)
