#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "geoclimate/access/audit_log.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/server/http/request.h"
#include "geoclimate/server/http/response.h"
#include "geoclimate/server/http/route.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/service/models.h"

namespace geoclimate::server::http::routes {

// What the routes that change what is served have around them; outlives the server.
struct Management {
  // Implicit on purpose: without an audit a clock is all.
  Management(const base::Clock& with_clock, access::AuditLog* with_audit = nullptr)
      : clock(with_clock), audit(with_audit) {}

  const base::Clock& clock;
  access::AuditLog* audit;  // null: changes are not recorded
};

// Until when the caller waits for this process to serve the change: ?wait=SECONDS, at most a
// minute; not at all by default.
ParameterDoc WaitParameter();

// A change while it is made.
struct ManagementCall {
  const Request& request;
  Response& response;
  base::Deadline wait;
  registry::Request who;  // the caller and from where; why: ?reason=TEXT
  // Told to the audit: `subject` from the start on, `from` and `to` as the change fills them in.
  access::AuditEntry audit;
};

// What a request is told to the audit as, whoever sent it: who, from where, and its id.
access::AuditEntry EntryOf(const Request& request, std::string_view action, std::string subject);

// The handler of a route that changes what is served: reads ?wait and ?reason, and what `read`
// takes from the query, then makes the change between its two records of the audit, as `action`
// ("model.promote"). The subject is the path parameter `subject`; empty: `action` says it all.
//
//   ManagementHandler(management, "model.promote", "model_id", ReadFields,
//                     [&models](ManagementCall& call, const Fields& fields) { ... });
template <typename Read, typename Change>
Handler ManagementHandler(const Management& management, std::string_view action,
                          std::string_view subject, Read read, Change change);
// Without fields of its own.
template <typename Change>
Handler ManagementHandler(const Management& management, std::string_view action,
                          std::string_view subject, Change change);

// The parts that do not depend on the change.
ManagementCall BeginManagement(const Management& management, std::string_view action,
                               std::string_view subject, QueryFields& query, const Request& request,
                               Response& response);
base::Result<void> MakeChange(const Management& management, ManagementCall& call,
                              const std::function<base::Result<void>()>& change);

template <typename Read, typename Change>
Handler ManagementHandler(const Management& management, std::string_view action,
                          std::string_view subject, Read read, Change change) {
  return [management, action, subject, read = std::move(read), change = std::move(change)](
             const Request& request, Response& response) -> base::Result<void> {
    QueryFields query(request);
    const auto fields = read(query);
    ManagementCall call = BeginManagement(management, action, subject, query, request, response);
    if (query.AnswerInvalid(response)) return {};
    return MakeChange(management, call, [&] { return change(call, fields); });
  };
}

template <typename Change>
Handler ManagementHandler(const Management& management, std::string_view action,
                          std::string_view subject, Change change) {
  struct None {};
  return ManagementHandler(
      management, action, subject, [](QueryFields&) { return None(); },
      [change = std::move(change)](ManagementCall& call, const None&) { return change(call); });
}

// What answers for the name now, for the audit; empty when nothing does.
std::string ProductionNow(const service::Models& models, std::string_view model_name);

}  // namespace geoclimate::server::http::routes
