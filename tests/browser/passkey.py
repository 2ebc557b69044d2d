"""An authenticator that the browser believes to be the device's own: passkeys with PRF, always willing."""

from playwright.sync_api import Page


def add_authenticator(page: Page, *, has_prf: bool = True) -> str:
    """Adds it to a page's browser; its id. Without PRF it is as an old one."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "ctap2Version": "ctap2_1",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "hasPrf": has_prf,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return str(added["authenticatorId"])
