"""The application: made here from its parts, and wired to what carries out each kind of message."""

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from deflect_api import connectors
from deflect_api.config import Settings
from deflect_api.connectors.mailer import open_mailer
from deflect_api.delivery import forward, links, mail
from deflect_api.delivery.relay import Handler, Relay
from deflect_api.store.db import Database
from deflect_api.web import answers, desk, guard, health, intake, portal, status, suggest
from deflect_api.web.pages import Pages
from deflect_api.web.parts import KEY, Parts, silent, utc_now
from deflect_api.web.release import Releases

BLUEPRINTS = (suggest.routes, intake.routes, status.routes, desk.routes, health.routes, portal.routes)


def create_app(
    settings: Settings,
    database: Database,
    *,
    wake: Callable[[], None] = silent,
    clock: Callable[[], datetime] = utc_now,
) -> Flask:
    """Make the WSGI application. It opens nothing that it was not given, but reads the live release when asked for it."""
    app = Flask("deflect_api.web", static_folder=None, template_folder=None)
    app.extensions[KEY] = Parts(settings, database, Releases(settings.home), Pages(settings.support), wake, clock)
    guard.protect(app)
    answers.handle_errors(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    hops = settings.support.web.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def handlers(settings: Settings, database: Database) -> Mapping[str, Handler]:
    """Say who carries out which kind of message. Raises ConfigError when a connector cannot be made."""
    mailer = open_mailer(settings.support.mail, settings.mail_folder)
    help_desk = connectors.open_desk(settings.support.desk, mailer)
    return {
        "forward": forward.handler(database, help_desk, lambda ticket: links.status_url(settings.url, settings.secret, ticket)),
        "mail": mail.handler(database, mailer, settings),
    }


def create_relay(settings: Settings, database: Database) -> Relay:
    return Relay(database, handlers(settings, database))
