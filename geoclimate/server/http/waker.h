#pragma once

namespace geoclimate::server::http {

// Lets an answer go on that waits for work on another thread.
class Waker {
 public:
  virtual ~Waker() = default;
  // From any thread, once for each time that the answer waits, and before or after it begins to.
  // Never once the answer's ResponseTask has been destroyed.
  virtual void Wake() = 0;
};

}  // namespace geoclimate::server::http
