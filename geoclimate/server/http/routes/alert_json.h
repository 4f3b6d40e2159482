#pragma once

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/request.h"
#include "geoclimate/service/alerts.h"

namespace geoclimate::server::http::routes {

// Whose alerts the caller's are: those of the name that its key has, so that a key that takes the
// place of another keeps them; of its token's subject; of this machine. Scope admin sees all.
service::AlertOwner AlertOwnerOf(const access::Caller& caller);

// Members of an alert, into an open object: id, owner, created_at, those of the rule, state.
void WriteAlert(formats::JsonWriter& json, const service::Alert& alert);

// An object: id, alert_id, created_at, ended_at, attempts, error, event (the body).
void WriteDeadLetter(formats::JsonWriter& json, const service::AlertEvent& event);

}  // namespace geoclimate::server::http::routes
