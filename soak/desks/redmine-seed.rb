# What the tests need in Redmine: the REST API, a public project, our custom fields, states, a user with an API key.
Setting.rest_api_enabled = '1'
Setting.default_language = 'en'
names = { 'New' => false, 'In Progress' => false, 'Feedback' => false, 'Resolved' => false, 'Closed' => true }
states = names.map { |name, closed| IssueStatus.find_or_create_by!(name: name) { |s| s.is_closed = closed } }
%w[Low Normal High Urgent].each { |name| IssuePriority.find_or_create_by!(name: name) { |p| p.is_default = name == 'Normal' } }
tracker = Tracker.find_or_create_by!(name: 'Support') { |t| t.default_status = states.first }
fields = %w[reference product severity request_type instance tags].map do |name|
  IssueCustomField.find_or_create_by!(name: name) do |f|
    f.field_format = 'string'
    f.is_for_all = true
    f.is_filter = true
    f.trackers = [tracker]
  end
end
role = Role.find_or_create_by!(name: 'Connector') do |r|
  r.permissions = %i[view_issues add_issues edit_issues add_issue_notes set_notes_private view_private_notes]
end
Role.all.each { |r| states.each { |a| states.each { |b| next if a == b; WorkflowTransition.find_or_create_by!(role: r, tracker: tracker, old_status: a, new_status: b) } } }
project = Project.find_or_create_by!(identifier: 'support') { |p| p.name = 'Support'; p.is_public = true; p.trackers = [tracker] }
project.enabled_module_names = ['issue_tracking']
def person(login, role, project)
  user = User.find_by(login: login) || User.new(firstname: login, lastname: 'Example', mail: "#{login}@example.org")
  user.login = login
  user.password = 'soak-password-1'
  user.save!
  Member.create!(user: user, project: project, roles: [role]) unless user.member_of?(project)
  Token.where(user: user, action: 'api').delete_all
  key = Token.create!(user: user, action: 'api')
  key.update_column(:value, Digest::SHA1.hexdigest("soak-#{login}"))
end
person('deflect', role, project)
person('agent', role, project)
puts fields.map { |f| "#{f.name}=#{f.id}" }
