"""The ledger's tables. Grams are BigInteger; days are local dates of the person's region; instants are UTC.

What tells how a person lives is sealed (`storage.sealing`); what stands here in clear is what indexes, shares and rules
need. docs/THREATS.md lists it.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, Relationship, SQLModel

from backend.ledger.compartments import ACTIVITY, CORRECTION, ODOMETER, PERSON, STATEMENT, VEHICLE_USER
from backend.storage.columns import Address, Bytes32, Uint256, UtcTime
from backend.storage.sealing import Sealed, sealed_column


class PersonRow(Sealed, SQLModel, table=True):
    """A pseudonymous account. Who stands behind it is known to the identity issuer only."""

    __tablename__ = "ledger_person"
    compartments: ClassVar = PERSON

    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(sa_column=Column(Address, nullable=False, unique=True))
    region: str
    commitment: bytes = Field(sa_column=Column(Bytes32, nullable=False, unique=True))
    joined_on: date
    left_on: date | None = None
    """Last day of membership: death or moving away."""
    left_because: str | None = None
    """`death`, `moved_away` or `erased`."""
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        born_on: date | None = None
    guardian: str | None = Field(default=None, sa_column=Column(Address, nullable=True, index=True))
    """Set until the account is handed over, which may be after majority."""
    registered_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    erased_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When the person was erased: the row is a tombstone since, and its key is destroyed."""


class AddressRow(SQLModel, table=True):
    """An address that a person has, or had before its key changed. An address serves one person, once, ever."""

    __tablename__ = "ledger_address"

    address: str = Field(sa_column=Column(Address, primary_key=True))
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    since_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    until_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    ended_by: str | None = None
    """`rotation`, `hand_over`, `erasure` or `ward_erasure`."""


class ResidenceRow(SQLModel, table=True):
    """The region a person belongs to from a local day on, until its next residence begins."""

    __tablename__ = "ledger_residence"
    __table_args__ = (UniqueConstraint("person_id", "since_on"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    region: str
    since_on: date
    declared_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class HandOverRow(SQLModel, table=True):
    """A hand-over that waits: the issuer's proof was given for a new key. At most one of a person."""

    __tablename__ = "ledger_hand_over"

    person_id: int = Field(foreign_key="ledger_person.id", primary_key=True)
    new_address: str = Field(sa_column=Column(Address, nullable=False, unique=True))
    asked_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    effective_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class PremisesRow(SQLModel, table=True):
    """A home. `code` is what a household shares among its members: who knows it may move in."""

    __tablename__ = "ledger_premises"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    region: str
    grid_area: str
    registered_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class OccupancyRow(SQLModel, table=True):
    """Who lives where, in whole local days, both ends included. Shares are equal among the occupants of a day."""

    __tablename__ = "ledger_occupancy"

    id: int | None = Field(default=None, primary_key=True)
    premises_id: int = Field(foreign_key="ledger_premises.id", index=True)
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    since_on: date
    until_on: date | None = None
    entered_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When the moving in was recorded; None before this was kept."""
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When the moving out was recorded."""


class MeterRow(SQLModel, table=True):
    """A meter known by its peppered hash; it measures one premises and one category, while it is in service."""

    __tablename__ = "ledger_meter"

    meter_hash: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    premises_id: int = Field(foreign_key="ledger_premises.id", index=True)
    category: str
    replaces: bytes | None = Field(default=None, sa_column=Column(Bytes32, nullable=True, unique=True))
    """The meter whose place it took: the two are one line of readings."""
    since_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    until_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When it was taken out; it measures nothing from then on."""


class UsagePointRow(SQLModel, table=True):
    """A point of delivery of a Green Button feed, by its peppered hash. A new meter there is still the same point."""

    __tablename__ = "ledger_usage_point"

    point_hash: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    premises_id: int = Field(foreign_key="ledger_premises.id", index=True)
    category: str


class VehicleRow(SQLModel, table=True):
    """A vehicle, known by a peppered hash of its plate. `code` is what its users share: who knows it may join them."""

    __tablename__ = "ledger_vehicle"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    plate_hash: bytes = Field(sa_column=Column(Bytes32, nullable=False, unique=True))
    kind: str
    place: str
    registered_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class VehicleUserRow(Sealed, SQLModel, table=True):
    """Who uses a vehicle, in whole local days, both ends included. Its kilometres are shared among a day's users."""

    __tablename__ = "ledger_vehicle_user"
    compartments: ClassVar = VEHICLE_USER

    id: int | None = Field(default=None, primary_key=True)
    vehicle_id: int = Field(foreign_key="ledger_vehicle.id", index=True)
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    since_on: date
    until_on: date | None = None
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        of_age_from: date | None = None
        """Kept when the person is erased, if it was not of age from the first: what the others need (`of_age.py`)."""
    entered_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class SplitRow(SQLModel, table=True):
    """Another split of a home or a vehicle than equal shares: of one of the two. Holds once everybody signed."""

    __tablename__ = "ledger_split"

    id: int | None = Field(default=None, primary_key=True)
    premises_id: int | None = Field(default=None, foreign_key="ledger_premises.id", index=True)
    vehicle_id: int | None = Field(default=None, foreign_key="ledger_vehicle.id", index=True)
    since_on: date
    proposed_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    agreed_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class SplitPartRow(SQLModel, table=True):
    """One person's part of a split, in basis points, and its signature."""

    __tablename__ = "ledger_split_part"

    split_id: int = Field(foreign_key="ledger_split.id", primary_key=True)
    person_id: int = Field(foreign_key="ledger_person.id", primary_key=True)
    part_bps: int
    signature: bytes | None = Field(default=None, sa_column=Column(LargeBinary(65), nullable=True))
    signed_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class ActivityRow(Sealed, SQLModel, table=True):
    """What was used or travelled. Energy belongs to a premises, everything else to the person who entered it. Whom it
    belongs to has the key of what it was; where the document is, only who entered it.
    """

    __tablename__ = "ledger_activity"
    compartments: ClassVar = ACTIVITY
    __table_args__ = (
        Index("ledger_activity_meter_span", "meter_hash", "start_at", "end_at"),
        Index("ledger_activity_point_span", "point_hash", "start_at", "end_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    premises_id: int | None = Field(default=None, foreign_key="ledger_premises.id", index=True)
    vehicle_id: int | None = Field(default=None, foreign_key="ledger_vehicle.id", index=True)
    meter_hash: bytes | None = Field(default=None, sa_column=Column(Bytes32, nullable=True))
    point_hash: bytes | None = Field(default=None, sa_column=Column(Bytes32, nullable=True))
    source: str = "manual"
    """How it came in: `manual`, `csv`, `green_button`, `gpx`, `odometer`."""
    category: str
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        kind: str
        quantity: str
        """Plain decimal text in `unit`, exact."""
        unit: str
        """The kind's own unit."""
        given: str
        """Quantity and unit as they were given, such as `1.2 MWh`."""
        place: str
    start_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    end_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    grade: str
    sealed_evidence: bytes | None = sealed_column()
    if TYPE_CHECKING:
        evidence: str
        """Where the document can be found; empty if there is none."""
    inspected_by: str | None = Field(default=None, sa_column=Column(Address, nullable=True))
    inspected_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    entered_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    withdrawn_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When it was taken back before its year was submitted; it counts nowhere since."""


class OdometerRow(Sealed, SQLModel, table=True):
    """An odometer as it stood when a local day began. `activity_id` holds the kilometres since the reading before."""

    __tablename__ = "ledger_odometer"
    compartments: ClassVar = ODOMETER
    __table_args__ = (UniqueConstraint("vehicle_id", "read_on"),)

    id: int | None = Field(default=None, primary_key=True)
    vehicle_id: int = Field(foreign_key="ledger_vehicle.id", index=True)
    person_id: int = Field(foreign_key="ledger_person.id")
    read_on: date
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        km: int
        charged_kwh: str = "0"
        """What it drew at home: in that home's bill already. Plain decimal text."""
    activity_id: int | None = Field(default=None, foreign_key="ledger_activity.id", unique=True)
    charged_premises_id: int | None = Field(default=None, foreign_key="ledger_premises.id")
    """The home it was charged at since the reading before."""
    entered_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class StatementStateRow(SQLModel, table=True):
    """Where a statement stands, apart from it: a batch that is anchored moves up to a million of them at once, in the
    transaction of its block, and a statement with its document fills a page of the database.
    """

    __tablename__ = "ledger_statement_state"

    statement_id: int | None = Field(default=None, primary_key=True, foreign_key="ledger_statement.id")
    digest: bytes = Field(sa_column=Column(Bytes32, nullable=False, unique=True))
    """The statement's."""
    state: str
    once_anchored: str
    """What it becomes when its batch is on the chain: `issued`, `deficit` or `neutral`."""


class StatementRow(Sealed, SQLModel, table=True):
    """One version of a person's vintage statement. `current` marks the latest; the others are history."""

    __tablename__ = "ledger_statement"
    compartments: ClassVar = STATEMENT
    __table_args__ = (UniqueConstraint("person_id", "vintage", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    vintage: int = Field(index=True)
    version: int
    current: bool
    standing: StatementStateRow = Relationship(
        sa_relationship_kwargs={"lazy": "joined", "innerjoin": True, "uselist": False, "cascade": "all, delete-orphan"}
    )
    region: str
    account: str | None = Field(default=None, sa_column=Column(Address, nullable=True, index=True))
    """What a claim mints to: the person's address at closing, or one given for this vintage only. None before this was
    kept: the person's own."""
    methodology: str
    class_id: int = Field(sa_column=Column(Uint256, nullable=False))
    policy_id: str
    policy_digest: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    settle_regions: str = ""
    """Regions beside its own whose credits settle a deficit of it, as the policy lists them, with spaces between."""
    factors_digest: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    nullifier: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    digest: bytes = Field(sa_column=Column(Bytes32, nullable=False, unique=True))
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        document: str
        """The statement document with its salts, canonical JSON; empty once the person was erased."""
        footprint_gco2e: int
        bound_gco2e: int
        surplus_gco2e: int
        """Budget less upper bound if positive and the year was measured enough, else 0."""
    budget_gco2e: int = Field(sa_type=BigInteger)
    carried_in_gco2e: int = Field(sa_type=BigInteger)
    netted_gco2e: int = Field(sa_type=BigInteger)
    credit_gco2e: int = Field(sa_type=BigInteger)
    """What mints to the holder: whole mint steps, after netting and after room for the class buffer."""
    carried_out_gco2e: int = Field(sa_type=BigInteger)
    deficit_gco2e: int = Field(sa_type=BigInteger)
    closed_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    submitted_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    decided_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When it was attested or returned."""
    sealed_reason: bytes | None = sealed_column()
    if TYPE_CHECKING:
        reason: str | None = None
        """Why it was returned."""

    @property
    def state(self) -> str:
        """Where it stands."""
        return self.standing.state

    @state.setter
    def state(self, state: str) -> None:
        self.standing.state = state


class DeficitRow(SQLModel, table=True):
    """A debt in grams, from an attested statement. `reference` is all that a chain sees of it."""

    __tablename__ = "ledger_deficit"

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="ledger_statement.id", unique=True)
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    region: str
    vintage: int
    amount_gco2e: int = Field(sa_type=BigInteger)
    salt: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    reference: bytes = Field(sa_column=Column(Bytes32, nullable=False, unique=True))


class CorrectionRow(Sealed, SQLModel, table=True):
    """What a second look found wrong in an attested statement. A debt is owed; a memo is told in the next vintage's
    statement and mints nothing.
    """

    __tablename__ = "ledger_correction"
    compartments: ClassVar = CORRECTION

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="ledger_statement.id", index=True)
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    vintage: int
    kind: str
    """`debt` or `memo`."""
    amount_gco2e: int = Field(sa_type=BigInteger)
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        reason: str
    source: str = Field(unique=True)
    """What found it, so that it counts once."""
    reference: bytes = Field(sa_column=Column(Bytes32, nullable=False, unique=True))
    """Salted: all that a chain sees of it."""
    made_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    lifted_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    """When an appeal undid it."""


class NettingRow(SQLModel, table=True):
    """Grams of a deficit that a later statement's surplus pays before anything mints."""

    __tablename__ = "ledger_netting"

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="ledger_statement.id", index=True)
    deficit_id: int = Field(foreign_key="ledger_deficit.id", index=True)
    amount_gco2e: int = Field(sa_type=BigInteger)


class SettlementRow(SQLModel, table=True):
    """Grams of a deficit settled by a retirement on the chain; `source` names the event, so that it counts once."""

    __tablename__ = "ledger_deficit_settlement"

    id: int | None = Field(default=None, primary_key=True)
    deficit_id: int = Field(foreign_key="ledger_deficit.id", index=True)
    source: str = Field(unique=True)
    beneficiary: str | None = Field(default=None, sa_column=Column(Address, nullable=True))
    """Whom the retirement names; None for a grant, whose beneficiary stays between the charity and the reference."""
    amount_gco2e: int = Field(sa_type=BigInteger)
    settled_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
