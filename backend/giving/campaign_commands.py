"""`tanyu campaign`: what a charity does with its own keys: open, close early, retire, grant."""

import tomllib
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.access.client import ApiClient
from backend.access.signed_in import (
    DevIndex,
    Key,
    Keystore,
    PasswordFile,
    Url,
    client_at,
    key_of,
    signed_in_client,
)
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.access.told import told
from backend.chain.class_id import parse_code
from backend.chain.contracts import Contracts
from backend.chain.keys import require_dev_chain
from backend.giving.charity_sender import CharitySender, closing_message, early_message
from backend.giving.kinds import CampaignKind, CampaignState, Funding
from backend.giving.opening import Opening
from backend.giving.picture import JPEG, PNG
from backend.giving.second_options import Ask, SecondDev, SecondKeystore, SecondOptions, SecondPassword, WordOf
from backend.giving.second_word import CLOSE_EARLY, OPEN_CAMPAIGN, RETIRE_EARLY, WordFile
from backend.giving.story import Story
from backend.issuance.chain_options import DeploymentFile, Rpc, contracts_at
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.digest import to_hex
from backend.kernel.errors import InvalidInput

app = typer.Typer(
    name="campaign",
    help="A charity's own acts, by both its keys at a node: open a campaign, close it early, retire what a pool holds.",
    no_args_is_help=True,
)

CampaignId = Annotated[int, typer.Argument(min=1, help="The campaign's number.")]
ClassCode = Annotated[str, typer.Argument(metavar="CLASS", help="The credits' class, such as CN-SC/2025/SIM.")]
Grams = Annotated[int, typer.Argument(min=1, help="Grams of CO2e.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Says what would be done and does nothing.")]
Time = Annotated[datetime, typer.Option(formats=["%Y-%m-%dT%H:%M:%SZ"], help="UTC, such as 2026-12-31T16:00:00Z.")]

_PARTS = {"title_en", "title_zh", "story_en", "story_zh"}
_MEDIA = {".png": PNG, ".jpg": JPEG, ".jpeg": JPEG}


class StoryFileMalformed(InvalidInput):
    """Not a story file: TOML with title_en, title_zh, story_en, story_zh, and picture if there is one."""

    code = "story.file_malformed"

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(
            f"{file} is no story: {why}; write title_en, title_zh, story_en and story_zh as TOML",
            file=str(file),
            why=why,
        )


def _parts(file: Path) -> dict[str, str]:
    try:
        found = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as failure:
        raise StoryFileMalformed(file, str(failure)) from failure
    if set(found) - {"picture"} != _PARTS or not all(isinstance(one, str) for one in found.values()):
        raise StoryFileMalformed(file, "a part is missing, unknown or no text")
    return found


def _picture(file: Path) -> dict[str, str]:
    """The body of POST /pictures."""
    try:
        content = b64encode(file.read_bytes()).decode()
    except OSError as failure:
        raise StoryFileMalformed(file, str(failure)) from failure
    return {"mediaType": _MEDIA.get(file.suffix.lower(), PNG), "content": content}


def _fit(contracts: Contracts, *keys: Key) -> None:
    if any(key.is_development for key in keys):
        require_dev_chain(contracts.deployment.chain_id)


def _published(client: ApiClient, parts: Mapping[str, str], folder: Path, kind: CampaignKind, target: int) -> Story:
    """The story, published with its picture."""
    picture = client.post("/pictures", _picture(folder.joinpath(parts["picture"]))) if "picture" in parts else None
    story = Story(
        title_en=parts["title_en"],
        title_zh=parts["title_zh"],
        story_en=parts["story_en"],
        story_zh=parts["story_zh"],
        kind=kind,
        target_gco2e=target,
        picture=None if picture is None else bytes.fromhex(picture["digest"][2:]),
    )
    body: dict[str, Any] = {
        "titleEn": story.title_en,
        "titleZh": story.title_zh,
        "storyEn": story.story_en,
        "storyZh": story.story_zh,
        "kind": str(kind),
        "targetGco2e": str(target),
    }
    client.post("/stories", body if picture is None else body | {"picture": picture["digest"]})
    return story


@app.command("open")
def open_campaign(
    file: Annotated[Path, typer.Argument(help="The story: TOML with title_en, title_zh, story_en, story_zh, picture.")],
    *,
    kind: Annotated[CampaignKind, typer.Option(help="retire-pool: retires all. aid: grants to others' deficits.")],
    target: Annotated[int, typer.Option(min=1, help="Grams of CO2e over all classes; it never moves.")],
    closes: Time,
    opens: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%dT%H:%M:%SZ"], help="UTC; now, or what the file of `--word` says."),
    ] = None,
    funding: Annotated[
        Funding, typer.Option(help="all-or-nothing gives everything back below the target.")
    ] = Funding.KEEP_WHAT_YOU_RAISE,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    second_keystore: SecondKeystore = None,
    second_password_file: SecondPassword = None,
    second_dev: SecondDev = None,
    ask: Ask = None,
    word_file: WordOf = None,
    url: Url = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Publishes a story and opens its campaign on the chain, by both signers; the same story is the same campaign."""
    with failing_plainly(as_json=as_json):
        key, parts, contracts = key_of(keystore, password_file, dev), _parts(file), contracts_at(rpc, deployment)
        _fit(contracts, key)
        second = SecondOptions(second_keystore, second_password_file, second_dev, ask, word_file)
        found: dict[str, Any] = {"charity": key.signer.address, "kind": str(kind), "targetGco2e": str(target)}
        if not dry_run:
            second.require()
            window = _opens_s(opens, word_file, contracts), unix_s(closes.replace(tzinfo=UTC))
            with signed_in_client(url, key) as client:
                story = _published(client, parts, file.parent, kind, target)
                mine = client.get("/campaigns", charity=key.signer.address)
            found["storyDigest"] = to_hex(story.digest)
            same = [one["campaignId"] for one in mine if one["storyDigest"] == found["storyDigest"]]
            opening = Opening(kind, funding, *window, target, story.digest)
            found |= {"campaignId": same[0]} if same else _opened(contracts, key, opening, story, second)
    emit(found, as_json=as_json, render=told)


def _opens_s(opens: datetime | None, word_file: Path | None, contracts: Contracts) -> int:
    """When gifts begin: as said, or as the second signer has signed it, or now."""
    if opens is not None:
        return unix_s(opens.replace(tzinfo=UTC))
    if word_file is None:
        return unix_s(SystemClock().now())
    answered = WordFile.load(word_file, contracts.deployment)
    answered.require(OPEN_CAMPAIGN, {})
    signed = answered.acts[0].message["opens"]
    assert isinstance(signed, int)
    return signed


def _opened(contracts: Contracts, key: Key, opening: Opening, story: Story, second: SecondOptions) -> dict[str, str]:
    """A new campaign and the transaction that opened it, or the file that asks for the second signer's word."""
    sender = CharitySender(contracts, key.signer)
    word = second.word((OPEN_CAMPAIGN, opening.message(key.signer.address)), contracts, sender, story)
    if word is None:
        return {"file": str(second.ask)}
    sent = sender.open_campaign(opening, word)
    opened = sender.opened(sent)
    return ({} if opened is None else {"campaignId": str(opened)}) | {"txHash": to_hex(sent)}


@app.command("close")
def close_early(
    campaign_id: CampaignId,
    *,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    second_keystore: SecondKeystore = None,
    second_password_file: SecondPassword = None,
    second_dev: SecondDev = None,
    ask: Ask = None,
    word_file: WordOf = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Ends a campaign's window now, by both signers; what it may do then, its terms say. It cannot be opened again."""
    with failing_plainly(as_json=as_json):
        key, contracts = key_of(keystore, password_file, dev), contracts_at(rpc, deployment)
        _fit(contracts, key)
        found = {"campaignId": str(campaign_id)}
        if not dry_run:
            second = SecondOptions(second_keystore, second_password_file, second_dev, ask, word_file)
            sender = CharitySender(contracts, key.signer)
            word = second.word((CLOSE_EARLY, closing_message(campaign_id)), contracts, sender, None)
            done = {"file": str(ask)} if word is None else {"txHash": to_hex(sender.close_early(campaign_id, word))}
            found |= done
    emit(found, as_json=as_json, render=told)


@app.command("retire")
def retire_held(
    campaign_id: CampaignId,
    class_code: ClassCode,
    grams: Grams,
    *,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    second_keystore: SecondKeystore = None,
    second_password_file: SecondPassword = None,
    second_dev: SecondDev = None,
    ask: Ask = None,
    word_file: WordOf = None,
    url: Url = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Retires credits that a pool of yours holds, for ever; before its decision your second signer signs too."""
    with failing_plainly(as_json=as_json):
        key, contracts = key_of(keystore, password_file, dev), contracts_at(rpc, deployment)
        _fit(contracts, key)
        terms = (campaign_id, parse_code(class_code), grams)
        with client_at(url) as client:
            state = client.get(f"/campaigns/{campaign_id}")["state"]
        found = {"campaignId": str(campaign_id), "classCode": class_code, "amountGco2e": str(grams)}
        sender = CharitySender(contracts, key.signer)
        needs_second = ask is not None or state != CampaignState.SUCCEEDED
        if not dry_run and not needs_second:
            found |= {"txHash": to_hex(sender.do("retireHeld", *terms))}
        elif not dry_run:
            second = SecondOptions(second_keystore, second_password_file, second_dev, ask, word_file)
            word = second.word((RETIRE_EARLY, early_message(*terms)), contracts, sender, None)
            done = {"file": str(ask)} if word is None else {"txHash": to_hex(sender.retire_early(*terms, word))}
            found |= done
    emit(found, as_json=as_json, render=told)
