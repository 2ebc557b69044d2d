"""Names of the sample's charities. The scene may be played again from its beginning."""

from backend.api.sample.stage import Stage
from backend.chain.keys import DevRole, dev_signer, personal_sign
from backend.giving.charity_name import charity_name_text, charity_names, name_charity
from backend.giving.charity_tables import CharityNameWord

NAMES = {"pool-charity": "Clear Sky Sample Trust 晴空示例基金", "aid-charity": "Warm Hearth Sample Aid 暖炉示例援助"}


def charities_are_named(stage: Stage) -> None:
    """The registrar says what the two charities are called."""
    registrar, deployment, now = dev_signer(DevRole.REGISTRAR), stage.contracts.deployment, stage.clock.now()
    with stage.database.write() as session:
        known = charity_names(session)
        for key, name in NAMES.items():
            charity = stage.actor(key).signer.address
            if charity in known:
                continue
            text = charity_name_text(deployment, charity=charity, name=name, registrar=registrar.address, said_at=now)
            word = CharityNameWord(
                charity=charity,
                name=name,
                registrar=registrar.address,
                said_at=now,
                signature=personal_sign(registrar, text),
            )
            name_charity(session, deployment, word, by_registrar=True, at=now)
