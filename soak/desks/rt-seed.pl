# What the tests need in Request Tracker: a queue, our custom fields, a user with the rights that docs/team/connectors.md lists.
@Queues = ({ Name => 'Support', Description => 'Requests from the portal', CorrespondAddress => 'support@example.org' });
@CustomFields = (
    { Name => 'external_ref', Type => 'FreeformSingle', Queue => ['Support'], UniqueValues => 1, LookupType => 'RT::Queue-RT::Ticket' },
    { Name => 'product', Type => 'SelectSingle', Queue => ['Support'], LookupType => 'RT::Queue-RT::Ticket',
      Values => [map { { Name => $_ } } qw(flow rsr lumen other)] },
    { Name => 'severity', Type => 'SelectSingle', Queue => ['Support'], LookupType => 'RT::Queue-RT::Ticket',
      Values => [map { { Name => $_ } } qw(critical significant minor low)] },
    { Name => 'request_type', Type => 'FreeformSingle', Queue => ['Support'], LookupType => 'RT::Queue-RT::Ticket' },
    { Name => 'instance', Type => 'FreeformSingle', Queue => ['Support'], LookupType => 'RT::Queue-RT::Ticket' },
    { Name => 'tags', Type => 'FreeformMultiple', Queue => ['Support'], LookupType => 'RT::Queue-RT::Ticket' },
);
@Users = ({ Name => 'deflect', EmailAddress => 'deflect@example.org', Password => 'soak-api-password', Privileged => 1 },
          { Name => 'agent', EmailAddress => 'agent@example.org', Password => 'soak-agent-password', Privileged => 1 });
@ACL = (
    (map { { UserId => 'deflect', Queue => 'Support', Right => $_ } }
        qw(SeeQueue ShowTicket CreateTicket ModifyTicket CommentOnTicket ReplyToTicket SeeCustomField ModifyCustomField ShowTicketComments)),
    (map { { UserId => 'agent', Queue => 'Support', Right => $_ } }
        qw(SeeQueue ShowTicket ModifyTicket CommentOnTicket ReplyToTicket SeeCustomField ShowTicketComments)),
);
1;
