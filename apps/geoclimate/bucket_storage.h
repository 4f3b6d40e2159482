#pragma once

#include <memory>
#include <string_view>

#include "apps/geoclimate/aws_environment.h"
#include "apps/geoclimate/settings.h"
#include "apps/geoclimate/storage.h"
#include "geoclimate/base/result.h"

namespace geoclimate::app {

// The bucket that storage.url names, with a client, credentials, retries and the watch's breaker.
base::Result<std::unique_ptr<Storage>> OpenBucketStorage(const Settings& settings,
                                                         const AwsEnvironment& environment,
                                                         const StorageWatch& watch);

}  // namespace geoclimate::app
