#include "geoclimate/server/http/routes/management.h"

#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace geoclimate::server::http::routes {
namespace {

base::Deadline WaitFrom(QueryFields& query, const base::Clock& clock) {
  constexpr double kLongest = 60;
  const double seconds = query.Number("wait", 0, kLongest).value_or(0);
  return base::Deadline::After(clock, std::chrono::nanoseconds(std::llround(seconds * 1e9)));
}

}  // namespace

ParameterDoc WaitParameter() {
  return {.name = "wait",
          .in = ParameterDoc::In::kQuery,
          .schema = R"({"type":"number","minimum":0,"maximum":60,"default":0})",
          .description = "Seconds to wait until this process serves the change"};
}

access::AuditEntry EntryOf(const Request& request, std::string_view action, std::string subject) {
  access::AuditEntry entry;
  entry.actor = request.caller().ToString();
  entry.address = request.client_address();
  entry.action = action;
  entry.subject = std::move(subject);
  entry.request_id = request.request_id();
  return entry;
}

ManagementCall BeginManagement(const Management& management, std::string_view action,
                               std::string_view subject, QueryFields& query, const Request& request,
                               Response& response) {
  ManagementCall call{.request = request,
                      .response = response,
                      .wait = WaitFrom(query, management.clock),
                      .who = {.actor = fmt::format("{} from {}", request.caller().ToString(),
                                                   request.client_address()),
                              .reason = std::string(query.Text("reason").value_or(""))},
                      .audit = {}};
  call.audit = EntryOf(request, action, {});
  if (!subject.empty()) call.audit.subject = request.path_parameter(subject);
  call.audit.reason = call.who.reason;
  return call;
}

base::Result<void> MakeChange(const Management& management, ManagementCall& call,
                              const std::function<base::Result<void>()>& change) {
  return access::Audited(management.audit, call.audit, change);
}

std::string ProductionNow(const service::Models& models, std::string_view model_name) {
  const auto served = models.Served();
  const service::ServedModel* const production = served->ProductionOf(model_name);
  return production == nullptr ? std::string() : production->description.model_id;
}

}  // namespace geoclimate::server::http::routes
