"""The application: made here from its parts, and wired to what carries out each kind of message."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from deflect_api import connectors
from deflect_api.config import Settings
from deflect_api.connectors import HelpDesk
from deflect_api.connectors.clamd import Clamd
from deflect_api.connectors.mailbox import Mailbox
from deflect_api.connectors.mailer import Mailer, open_mailer
from deflect_api.delivery import alerts, channels, follower_mail, forward, links, mail, outbox, way_to_form, your_requests
from deflect_api.delivery.lanes import Lanes, make_lanes
from deflect_api.delivery.relay import Handler, Probe
from deflect_api.desk import notice_mails
from deflect_api.desk.second_line import escalation, issue_sending, issue_updates, urgent
from deflect_api.intake import desk_updates, notices, urgent_timer
from deflect_api.intake.abuse import holding, limits
from deflect_api.intake.files import attachments, file_timers
from deflect_api.intake.files.examination import Storage
from deflect_api.intake.inbound import fetching, taking
from deflect_api.intake.personal_data import privacy as person
from deflect_api.intake.personal_data import privacy_files, privacy_retention
from deflect_api.store.db import Database
from deflect_api.store.shelf import Shelf
from deflect_api.web import answers, banner, desk, guard, health, helpful, incidents, keystroke, owed, portal, staff, suggest
from deflect_api.web.accounts import account, door, oidc, people, privacy, sign_in
from deflect_api.web.demand import Demand
from deflect_api.web.overload import Crowd, nobody
from deflect_api.web.pages import Pages
from deflect_api.web.parts import KEY, Parts, silent, utc_now
from deflect_api.web.release import Releases
from deflect_api.web.requests import files, find, following, intake, status
from deflect_api.web.second_line import desk_hook, escalate, hooks, mail_in, tasks

BLUEPRINTS = (
    suggest.routes, intake.routes, find.routes, status.routes, files.routes, files.downloads, banner.routes,
    helpful.routes, desk.routes, owed.routes, incidents.routes, staff.pages, staff.api, following.routes, health.routes,
    sign_in.routes, oidc.routes, account.routes, people.routes, privacy.routes,
    escalate.routes, tasks.routes, mail_in.routes, hooks.routes, desk_hook.routes,
    portal.routes,
)  # fmt: skip


def create_app(
    settings: Settings,
    database: Database,
    *,
    wake: Callable[[], None] = silent,
    clock: Callable[[], datetime] = utc_now,
    waiting: Callable[[], int] = nobody,
) -> Flask:
    """Make the WSGI application. It opens nothing that it was not given, but reads the live release when asked for it.

    `waiting` says how many requests wait for a thread, as far as the server tells.
    """
    app = Flask("deflect_api.web", static_folder=None, template_folder=None)
    pages = Pages(settings.support)
    storage, crowd = open_storage(settings), Crowd(waiting)
    demand = Demand(settings, database, clock)
    app.extensions[KEY] = Parts(settings, database, Releases(settings.home), pages, storage, demand, wake, clock, crowd=crowd)
    guard.protect(app)
    door.stand_at(app)
    answers.handle_errors(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.wsgi_app = keystroke.before(app, app.wsgi_app)  # type: ignore[method-assign, assignment]
    hops = settings.support.web.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def open_storage(settings: Settings) -> Storage:
    """Say where files go and what scans them. Nothing is made or reached before a file comes."""
    limits = settings.support.files
    return Storage(Shelf(settings.files_folder), Clamd(limits.scanner) if limits.scanner else None, limits)


@dataclass(frozen=True)
class Outside:
    """The connected systems."""

    mailer: Mailer
    desk: HelpDesk
    second: Mapping[str, Sequence[Probe]] = field(default_factory=dict)

    @property
    def trials(self) -> Mapping[str, Sequence[Probe]]:
        """How each place of a channel is asked whether it is as it should be."""
        return {channels.DESK: (self.desk.check,), channels.MAIL: (self.mailer.check,), **self.second}

    @property
    def probes(self) -> Mapping[str, Probe]:
        """How each channel is asked whether it answers: by its first place, so that a fault of one holds no others."""
        return {name: trials[0] for name, trials in self.trials.items()}


def open_outside(settings: Settings) -> Outside:
    """Make the connectors that support.yml names, reaching nothing yet. Raises ConfigError."""
    mailer = open_mailer(settings.support.mail, settings.mail_folder)
    return Outside(mailer, connectors.open_desk(settings.support.desk, mailer), _second_trials(settings))


def _second_trials(settings: Settings) -> Mapping[str, Sequence[Probe]]:
    """How the tracker, the chat and the mailbox are asked, as far as they are connected. A chat has one sign-in for all."""
    support, trials = settings.support, dict[str, Sequence[Probe]]()
    if repositories := dict.fromkeys(support.escalate.repositories.values()):
        open_tracker = issue_sending.opener(support.escalate)
        trials[channels.TRACKER] = [open_tracker(repository).check for repository in repositories]
    if places := [channel for line in support.urgent.line.values() for channel in line]:
        trials[channels.CHAT] = [urgent.opener(settings)(places[0]).check]
    if support.inbound.host:
        trials[channels.MAILBOX] = [Mailbox(support.inbound).check]
    return trials


def handlers(
    settings: Settings, database: Database, clock: Callable[[], datetime] = utc_now, outside: Outside | None = None
) -> Mapping[str, Handler]:
    """Say who carries out which kind of message. Raises ConfigError when a connector cannot be made."""
    outside, storage = outside or open_outside(settings), open_storage(settings)
    mailer = outside.mailer
    way = forward.Way(
        database, outside.desk, lambda ticket: links.status_url(settings.url, settings.secret, ticket), storage.shelf, clock
    )
    return {
        **forward.handlers(way),
        "mail": mail.handler(database, mailer, settings),
        outbox.ALERT: alerts.handler(database, mailer, settings),
        desk_updates.POLL: desk_updates.poll(outside.desk, clock, settings.support.calendar),
        follower_mail.KIND: follower_mail.handler(database, mailer, settings),
        notices.MAIL: notice_mails.handler(database, mailer, settings, clock),
        notice_mails.WATCH: notice_mails.watcher(clock),
        your_requests.KIND: your_requests.handler(database, mailer, settings),
        attachments.SCAN: file_timers.scan(database, storage, clock),
        attachments.SWEEP: file_timers.sweep(database, storage, clock),
        limits.FORGET: limits.forgetter(clock),
        holding.REMOVE: holding.remover(),
        person.FINISH: privacy_files.finisher(database, privacy_files.shelves_of(settings), settings.mail_folder),
        privacy_retention.KIND: privacy_retention.keeper(
            privacy_retention.Places(database, privacy_files.shelves_of(settings), settings.mail_folder),
            settings.support.retention,
            clock,
        ),
        **second_line(settings, database, clock),
        **mails(settings, database, clock, mailer),
    }


def second_line(settings: Settings, database: Database, clock: Callable[[], datetime]) -> Mapping[str, Handler]:
    """Say who carries out what is owed to the developers' tracker and the team's chat."""
    support = settings.support
    tracker = issue_sending.opener(support.escalate)
    return {
        escalation.KIND: issue_sending.sender(database, tracker, support.escalate, clock),
        issue_sending.POLL: issue_sending.poller(database, tracker, support.escalate, clock),
        issue_updates.KIND: issue_updates.handler(clock),
        urgent_timer.KIND: urgent.handler(database, urgent.opener(settings), settings, clock),
    }


def mails(settings: Settings, database: Database, clock: Callable[[], datetime], mailer: Mailer) -> Mapping[str, Handler]:
    """Say who carries out what is owed about mails that come in."""
    store = fetching.open_store(settings, database, clock)
    return {
        fetching.FETCH: fetching.fetcher(store, Mailbox(settings.support.inbound)),
        fetching.TAKE: taking.handler(store, open_storage(settings), settings),
        way_to_form.KIND: way_to_form.handler(mailer, settings),
    }


def create_relay(settings: Settings, database: Database) -> Lanes:
    """Make what carries out everything that is owed, and owe the first look at a connected desk."""
    outside = open_outside(settings)
    with database.write() as session:
        desk_updates.plan(session, outside.desk, utc_now())
        fetching.plan(session, settings, utc_now())
    return make_lanes(database, handlers(settings, database, outside=outside), probes=outside.probes)
