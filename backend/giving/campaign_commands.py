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
from backend.giving.charity_desk import FUNDING_NUMBERS, KIND_NUMBERS
from backend.giving.charity_sender import CharitySender, early_message
from backend.giving.kinds import CampaignKind, CampaignState, Funding
from backend.giving.picture import JPEG, PNG
from backend.giving.second_word import ASKED_FOR, RETIRE_EARLY, AskedWord, WordFile
from backend.issuance.chain_options import DeploymentFile, Rpc, contracts_at
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.digest import to_hex
from backend.kernel.errors import InvalidInput

app = typer.Typer(
    name="campaign",
    help="A charity's own acts, with its own key at a node: open a campaign, close it early, retire what a pool holds.",
    no_args_is_help=True,
)

SecondKeystore = Annotated[
    Path | None, typer.Option("--second-keystore", help="The second signer's keystore file, version 3.")
]
SecondPassword = Annotated[Path | None, typer.Option("--second-password-file", help="Holds its password.")]
SecondDev = Annotated[int | None, typer.Option("--second-dev", min=0, help="Or a development account.")]
Ask = Annotated[
    Path | None,
    typer.Option("--ask", help="Writes what the second signer is to sign to this new file, for a week, and ends."),
]
WordOf = Annotated[
    Path | None, typer.Option("--word", help="The file that the second signer signed: `campaign countersign FILE`.")
]
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


def _story(file: Path) -> dict[str, str]:
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


def _published(client: ApiClient, story: Mapping[str, str], folder: Path, kind: CampaignKind, target: int) -> str:
    """The digest of the story, published with its picture."""
    body: dict[str, Any] = {
        "titleEn": story["title_en"],
        "titleZh": story["title_zh"],
        "storyEn": story["story_en"],
        "storyZh": story["story_zh"],
        "kind": str(kind),
        "targetGco2e": str(target),
    }
    if "picture" in story:
        body["picture"] = client.post("/pictures", _picture(folder.joinpath(story["picture"])))["digest"]
    return str(client.post("/stories", body)["digest"])


@app.command("open")
def open_campaign(
    file: Annotated[Path, typer.Argument(help="The story: TOML with title_en, title_zh, story_en, story_zh, picture.")],
    *,
    kind: Annotated[CampaignKind, typer.Option(help="retire-pool: retires all. aid: grants to others' deficits.")],
    target: Annotated[int, typer.Option(min=1, help="Grams of CO2e over all classes; it never moves.")],
    closes: Time,
    opens: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%SZ"], help="UTC; now.")] = None,
    funding: Annotated[
        Funding, typer.Option(help="all-or-nothing gives everything back below the target.")
    ] = Funding.KEEP_WHAT_YOU_RAISE,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    url: Url = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Publishes a story and opens its campaign on the chain; the same story again is the same campaign."""
    with failing_plainly(as_json=as_json):
        key, story, contracts = key_of(keystore, password_file, dev), _story(file), contracts_at(rpc, deployment)
        _fit(contracts, key)
        starts = SystemClock().now() if opens is None else opens.replace(tzinfo=UTC)
        window = unix_s(starts), unix_s(closes.replace(tzinfo=UTC))
        terms = (KIND_NUMBERS[kind], FUNDING_NUMBERS[funding], *window, target)
        found: dict[str, Any] = {"charity": key.signer.address, "kind": str(kind), "targetGco2e": str(target)}
        if not dry_run:
            with signed_in_client(url, key) as client:
                digest = _published(client, story, file.parent, kind, target)
                mine = client.get("/campaigns", charity=key.signer.address)
            same = [one["campaignId"] for one in mine if one["storyDigest"] == digest]
            found |= {"storyDigest": digest} | _opened(contracts, key, (*terms, bytes.fromhex(digest[2:])), same)
    emit(found, as_json=as_json, render=told)


def _opened(contracts: Contracts, key: Key, terms: tuple[object, ...], same: list[str]) -> dict[str, str]:
    """The campaign that tells this story already, or a new one and the transaction that opened it."""
    if same:
        return {"campaignId": same[0]}
    sender = CharitySender(contracts, key.signer)
    sent = sender.do("openCampaign", *terms)
    opened = sender.opened(sent)
    return ({} if opened is None else {"campaignId": str(opened)}) | {"txHash": to_hex(sent)}


@app.command("close")
def close_early(
    campaign_id: CampaignId,
    *,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Ends a campaign's window now; what it may do then, its terms say. It cannot be opened again."""
    with failing_plainly(as_json=as_json):
        key, contracts = key_of(keystore, password_file, dev), contracts_at(rpc, deployment)
        _fit(contracts, key)
        found = {"campaignId": str(campaign_id)}
        if not dry_run:
            found |= {"txHash": to_hex(CharitySender(contracts, key.signer).do("closeEarly", campaign_id))}
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
        sender, word, message = CharitySender(contracts, key.signer), None, early_message(*terms)
        if ask is not None:
            act = AskedWord.of(RETIRE_EARLY, message, unix_s(SystemClock().now() + ASKED_FOR))
            WordFile.ask(ask, contracts.deployment, [act])
            dry_run, found = True, found | {"file": str(ask)}
        elif state != CampaignState.SUCCEEDED and word_file is not None:
            answered = WordFile.load(word_file, contracts.deployment)
            answered.require(RETIRE_EARLY, message)
            word = answered.acts[0].word(word_file)
        elif state != CampaignState.SUCCEEDED:
            second = key_of(second_keystore, second_password_file, second_dev)
            _fit(contracts, second)
            act = AskedWord.of(RETIRE_EARLY, message, sender.deadline(SystemClock().now()))
            word = act.signed(second.signer, contracts.deployment).word(None)
        if not dry_run:
            sent = sender.do("retireHeld", *terms) if word is None else sender.retire_early(*terms, word)
            found |= {"txHash": to_hex(sent)}
    emit(found, as_json=as_json, render=told)
