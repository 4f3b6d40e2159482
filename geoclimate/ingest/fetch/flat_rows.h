#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "geoclimate/formats/json_cursor.h"

namespace geoclimate::ingest {

// Reads an array of flat JSON objects, a row each, without a tree: answers of a whole country's
// monitors are tens of megabytes.
//
// `names` are the members that are wanted, in lower case; members are found whatever their case,
// because services write them in different ways ("SiteName", "siteName"). `visit` gets a text per
// name: strings as they are, everything else as it stands in the JSON, empty for null and for a
// member that is not there. A member that comes twice has its last
// value. The texts live until `visit` returns.
//
// False when the text is not an array of objects: the cursor has the failure.
bool ReadFlatRows(formats::JsonCursor& json, std::span<const std::string_view> names,
                  const std::function<void(std::span<const std::string> values)>& visit);

}  // namespace geoclimate::ingest
