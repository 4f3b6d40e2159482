#pragma once

#include <string>
#include <vector>

#include "geoclimate/model/manifest.h"
#include "geoclimate/model/model_card.h"
#include "geoclimate/registry/registry.h"

namespace geoclimate::app {

// What `geoclimate models` prints: for people, or with --json as one JSON value and a newline.

// One line a version under a line of headings; "no models" when there is none.
std::string RenderModelsText(const std::vector<model::ModelDescription>& models);
// An array of descriptions (wire.md, ModelDescription).
std::string RenderModelsJson(const std::vector<model::ModelDescription>& models);

// All that is known about one version: one field a line, then its card, if there is one (not null).
// The features are the card's then.
std::string RenderModelText(const model::ModelDescription& model, const model::ModelCard* card);

// One line a change, oldest first.
std::string RenderHistoryText(const std::vector<registry::HistoryEntry>& history);
// An array of {generation, at, actor, action, target, from, to, why}.
std::string RenderHistoryJson(const std::vector<registry::HistoryEntry>& history);

// {message, model_id, generation}.
std::string RenderChangeJson(const std::string& message, const registry::Change& change);

}  // namespace geoclimate::app
