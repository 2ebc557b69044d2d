"""`tanyu campaign countersign`: the second signer of a charity signs what a file asks for, on a machine of its own."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from backend.access.language import Language, terminal_language
from backend.access.signed_in import DevIndex, Keystore, Lang, PasswordFile, key_of
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.access.told import told
from backend.chain.clear_signing import Reader, sentence
from backend.chain.deployment import Deployment
from backend.chain.keys import require_dev_chain
from backend.giving.campaign_commands import app
from backend.giving.second_word import AskedWord, WordFile
from backend.kernel.digest import to_hex

__all__ = ["app"]

AskedFile = Annotated[Path, typer.Argument(metavar="FILE", help="What `--ask FILE` wrote; the signature goes into it.")]


@app.command("countersign")
def countersign(
    file: AskedFile,
    deployment: Annotated[Path, typer.Option("--deployment", help="The deployment file: where the word is valid.")],
    *,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    lang: Lang = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Says what would be signed, and signs nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Signs without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """As second signer: signs what a charity asks for by file. Needs no server and no node, so no network either."""
    language = terminal_language(lang, os.environ)
    with failing_plainly(as_json=as_json):
        deployed = Deployment.load(deployment)
        asked = WordFile.load(file, deployed)
        says = [sentence for act in asked.acts for sentence in _says(act, language)]
        if dry_run:
            emit({"wouldSign": says}, as_json=as_json, render=lambda found: told(found, language))
            return
        key = key_of(keystore, password_file, dev)
        if key.is_development:
            require_dev_chain(deployed.chain_id)
        if not yes:
            typer.echo("\n".join(says), err=True)
            typer.confirm({"en": "Sign this?", "zh": "签署？"}[language], abort=True, err=True)
        asked.signed(key.signer, deployed)
    found = {"file": str(file), "secondSigner": key.signer.address, "signed": str(len(asked.acts))}
    emit(found, as_json=as_json, render=lambda one: told(one, language))


def _says(act: AskedWord, language: Language) -> Iterator[str]:
    """An act in its contract's words, with each of the grants, or the story in both languages, that it is about."""
    yield sentence(act.type_name, act.message, Reader(language))
    if act.story is not None:
        story = act.story
        for text in (story.title_en, story.story_en, story.title_zh, story.story_zh):
            yield from (f"  {line}" for line in text.splitlines())
    yield from (f"  {to_hex(one.reference)}  {one.amount_gco2e:,} g" for one in act.grants)
