"""The application: made here from its parts, and wired to what carries out each kind of message."""

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from deflect_api import connectors
from deflect_api.config import Settings
from deflect_api.connectors.clamd import Clamd
from deflect_api.connectors.mailer import open_mailer
from deflect_api.delivery import forward, links, mail, your_requests
from deflect_api.delivery.relay import Handler, Relay
from deflect_api.intake import attachments, file_timers, holding, limits, privacy_files, privacy_retention
from deflect_api.intake import privacy as person
from deflect_api.intake.examination import Storage
from deflect_api.store.db import Database
from deflect_api.store.shelf import Shelf
from deflect_api.web import (
    account,
    answers,
    banner,
    desk,
    door,
    files,
    find,
    guard,
    health,
    incidents,
    intake,
    oidc,
    people,
    portal,
    privacy,
    sign_in,
    status,
    suggest,
)
from deflect_api.web.pages import Pages
from deflect_api.web.parts import KEY, Parts, silent, utc_now
from deflect_api.web.release import Releases

BLUEPRINTS = (
    suggest.routes, intake.routes, find.routes, status.routes, files.routes, files.downloads, banner.routes,
    desk.routes, incidents.routes, health.routes,
    sign_in.routes, oidc.routes, account.routes, people.routes, privacy.routes,
    portal.routes,
)  # fmt: skip


def create_app(
    settings: Settings,
    database: Database,
    *,
    wake: Callable[[], None] = silent,
    clock: Callable[[], datetime] = utc_now,
) -> Flask:
    """Make the WSGI application. It opens nothing that it was not given, but reads the live release when asked for it."""
    app = Flask("deflect_api.web", static_folder=None, template_folder=None)
    pages = Pages(settings.support)
    app.extensions[KEY] = Parts(settings, database, Releases(settings.home), pages, open_storage(settings), wake, clock)
    guard.protect(app)
    door.stand_at(app)
    answers.handle_errors(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    hops = settings.support.web.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def open_storage(settings: Settings) -> Storage:
    """Say where files go and what scans them. Nothing is made or reached before a file comes."""
    limits = settings.support.files
    return Storage(Shelf(settings.files_folder), Clamd(limits.scanner) if limits.scanner else None, limits)


def handlers(settings: Settings, database: Database, clock: Callable[[], datetime] = utc_now) -> Mapping[str, Handler]:
    """Say who carries out which kind of message. Raises ConfigError when a connector cannot be made."""
    mailer = open_mailer(settings.support.mail, settings.mail_folder)
    help_desk, storage = connectors.open_desk(settings.support.desk, mailer), open_storage(settings)
    return {
        "forward": forward.handler(database, help_desk, lambda ticket: links.status_url(settings.url, settings.secret, ticket)),
        "mail": mail.handler(database, mailer, settings),
        your_requests.KIND: your_requests.handler(database, mailer, settings),
        attachments.SCAN: file_timers.scan(database, storage, clock),
        attachments.SWEEP: file_timers.sweep(database, storage, clock),
        limits.FORGET: limits.forgetter(),
        holding.REMOVE: holding.remover(),
        person.FINISH: privacy_files.finisher(database, storage.shelf, settings.mail_folder),
        privacy_retention.KIND: privacy_retention.keeper(
            privacy_retention.Places(database, storage.shelf, settings.mail_folder), settings.support.retention, clock
        ),
    }


def create_relay(settings: Settings, database: Database) -> Relay:
    return Relay(database, handlers(settings, database))
