"""Kinds and units of equipment: what a booking can take, and whom it hits when one is gone."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import SYSTEM
from shared_base.core.errors import Invalid
from shared_base.core.events import Event
from shared_base.equipment import actions, queries
from shared_base.equipment.actions import UnitDetails
from shared_base.equipment.errors import KindRetired, NameTaken, UnknownKind, UnknownUnit
from shared_base.equipment.models import EquipmentKind, EquipmentUnit
from shared_base.equipment.queries import UnitFilter
from shared_base.resources.models import Resource
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_space, make_studio
from tests.factories.kit import hold, make_kind, make_unit
from tests.factories.tenancy import make_tenant

AT = datetime(2026, 11, 2, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def base(session: Session) -> Base:
    return make_base(session)


@pytest.fixture
def studio(session: Session, base: Base) -> Space:
    return make_studio(session, base)


@pytest.fixture
def camera(session: Session, base: Base) -> EquipmentKind:
    return make_kind(session, base)


def test_a_kind_is_known_by_its_code_once_in_its_base(session: Session, base: Base) -> None:
    kind = actions.create_kind(session, base, code=" Key_Light ", name="主灯", by=SYSTEM, at=AT)
    assert kind.code == "key_light"
    with pytest.raises(NameTaken) as taken:
        actions.create_kind(session, base, code="key_light", name="灯", by=SYSTEM, at=AT)
    assert "code" in taken.value.extra["errors"]
    elsewhere = actions.create_kind(session, make_base(session), code="key_light", name="主灯", by=SYSTEM, at=AT)
    assert elsewhere.id != kind.id


@pytest.mark.parametrize("code", ["", "主灯", "-x", "a b", "x" * 41])
def test_a_code_that_scripts_could_not_write_is_refused(session: Session, base: Base, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.create_kind(session, base, code=code, name="主灯", by=SYSTEM, at=AT)
    assert "code" in refused.value.extra["errors"]


def test_a_unit_is_a_resource_of_its_base_under_its_tag(session: Session, camera: EquipmentKind, studio: Space) -> None:
    details = UnitDetails("ＣＡＭ-1", " SN9 ", studio.id)
    unit = actions.create_unit(session, camera, details=details, by=SYSTEM, at=AT)
    assert (unit.tag, unit.serial, unit.fixed_to) == ("CAM-1", "SN9", studio.id)
    resource = session.get_one(Resource, unit.id)
    assert (resource.kind, resource.base_id) == ("unit", camera.base_id)
    assert session.scalars(sa.select(Event.kind).where(Event.subject_id == unit.id)).all() == ["equipment_unit.created"]
    with pytest.raises(NameTaken) as taken:
        actions.create_unit(session, camera, details=UnitDetails("CAM-1"), by=SYSTEM, at=AT)
    assert "tag" in taken.value.extra["errors"]
    assert session.scalar(sa.select(sa.func.count()).where(Resource.kind == "unit")) == 1


def test_a_unit_is_fixed_to_a_studio_of_its_own_base_only(session: Session, base: Base, camera: EquipmentKind) -> None:
    office, foreign = make_space(session, base, kind="office"), make_studio(session, make_base(session))
    unit = make_unit(session, camera)
    for space in (office, foreign):
        details = UnitDetails("CAM-X", fixed_to=space.id)
        with pytest.raises(Invalid) as refused:
            actions.create_unit(session, camera, details=details, by=SYSTEM, at=AT)
        assert "fixed_to" in refused.value.extra["errors"]
        with pytest.raises(Invalid):
            actions.change_unit(session, unit, details=UnitDetails(unit.tag, fixed_to=space.id), by=SYSTEM, at=AT)
    assert session.scalar(sa.select(sa.func.count()).select_from(EquipmentUnit)) == 1


def test_retiring_a_unit_is_accepted_and_names_the_bookings_to_come_that_hold_it(
    session: Session, base: Base, camera: EquipmentKind, studio: Space
) -> None:
    tenant, unit, other = make_tenant(session, base), make_unit(session, camera), make_unit(session, camera)
    past = make_booking(session, studio, tenant, AT - 9 * HOUR, AT - 8 * HOUR)
    coming = make_booking(session, studio, tenant, AT + HOUR, AT + 2 * HOUR)
    hold(session, past, unit.id)
    hold(session, coming, unit.id)
    change = actions.retire_unit(session, unit, by=SYSTEM, at=AT)
    assert [hit.booking_id for hit in change.hits] == [coming.id]
    assert unit.retired_at == AT
    assert actions.retire_unit(session, other, by=SYSTEM, at=AT).hits == ()
    # again is harmless: it stays retired since then, and still says whom it hits
    again = actions.retire_unit(session, unit, by=SYSTEM, at=AT + timedelta(minutes=1))
    assert (unit.retired_at, len(again.hits)) == (AT, 1)
    assert actions.restore_unit(session, unit, by=SYSTEM, at=AT).retired_at is None
    told = session.scalars(sa.select(Event.kind).where(Event.subject_id == unit.id).order_by(Event.id)).all()
    assert told == ["equipment_unit.retired", "equipment_unit.restored"]


def test_fixing_a_unit_names_the_bookings_that_hold_it_in_another_studio(
    session: Session, base: Base, camera: EquipmentKind, studio: Space
) -> None:
    tenant, unit, far = make_tenant(session, base), make_unit(session, camera), make_studio(session, base)
    here = make_booking(session, studio, tenant, AT + HOUR, AT + 2 * HOUR)
    there = make_booking(session, far, tenant, AT + 3 * HOUR, AT + 4 * HOUR)
    for booking in (here, there):
        hold(session, booking, unit.id)
    change = actions.change_unit(session, unit, details=UnitDetails(unit.tag, fixed_to=studio.id), by=SYSTEM, at=AT)
    assert [hit.booking_id for hit in change.hits] == [there.id]
    freed = actions.change_unit(session, unit, details=UnitDetails(unit.tag), by=SYSTEM, at=AT)
    assert freed.hits == ()


def test_a_kind_is_retired_with_all_its_units_and_one_without_units_goes(
    session: Session, base: Base, camera: EquipmentKind, studio: Space
) -> None:
    tenant, units = make_tenant(session, base), [make_unit(session, camera) for _ in range(3)]
    booking = make_booking(session, studio, tenant, AT + HOUR, AT + 2 * HOUR)
    hold(session, booking, units[1].id)
    assert [hit.booking_id for hit in actions.retire_kind(session, camera, by=SYSTEM, at=AT)] == [booking.id]
    (row,) = queries.kinds(session, base.id)
    assert (row.units, row.retired) == (0, 3)
    with pytest.raises(KindRetired):
        actions.retire_kind(session, camera, by=SYSTEM, at=AT)
    slip = make_kind(session, base, "camra", "相机")
    assert actions.retire_kind(session, slip, by=SYSTEM, at=AT) == ()
    assert [kind.code for kind in queries.kinds(session, base.id)] == ["camera"]


def test_counts_per_kind_tell_fixed_from_portable_and_leave_out_what_is_retired(
    session: Session, base: Base, camera: EquipmentKind, studio: Space
) -> None:
    make_unit(session, camera)
    make_unit(session, camera, fixed_to=studio)
    make_unit(session, camera, retired_at=AT)
    make_kind(session, base, "key_light", "主灯")
    make_unit(session, make_kind(session, make_base(session)))
    rows = queries.kinds(session, base.id)
    assert [(row.code, row.units, row.fixed, row.portable, row.retired) for row in rows] == [
        ("camera", 2, 1, 1, 1),
        ("key_light", 0, 0, 0, 0),
    ]


def test_units_are_searched_filtered_and_paged_within_their_base(
    session: Session, base: Base, camera: EquipmentKind, studio: Space
) -> None:
    light = make_kind(session, base, "key_light", "主灯")
    for number in range(5):
        make_unit(session, camera, tag=f"CAM-{number}", serial=f"SN%{number}")
    make_unit(session, light, tag="KL-1", fixed_to=studio)
    make_unit(session, light, tag="KL-2", retired_at=AT)
    make_unit(session, make_kind(session, make_base(session)), tag="CAM-X")

    def tags(**narrowed: object) -> list[str]:
        return [row.tag for row in queries.units(session, base.id, UnitFilter(**narrowed))]  # type: ignore[arg-type]

    assert tags(search="n%3") == ["CAM-3"]
    assert tags(search="_") == ["KL-1"], "a typed underscore means itself: it stands in the code of the kind"
    assert tags(search=studio.code) == ["KL-1"]
    assert tags(kind_code="key_light") == ["KL-1"]
    assert tags(fixed=False) == [f"CAM-{number}" for number in range(5)]
    assert tags(retired=True) == ["KL-2"]
    page = queries.units(session, base.id, UnitFilter(), after="CAM-1", limit=2)
    assert [row.tag for row in page] == ["CAM-2", "CAM-3"]


def test_what_belongs_to_another_base_is_not_found(session: Session, camera: EquipmentKind) -> None:
    unit = make_unit(session, camera)
    assert queries.unit_of(session, unit.id, base_ids=[camera.base_id]) is unit
    with pytest.raises(UnknownUnit):
        queries.unit_of(session, unit.id, base_ids=[])
    with pytest.raises(UnknownKind):
        queries.kind_of(session, camera.id, base_ids=[])
