#include "geoclimate/redis/reply_parser.h"

#include <fmt/format.h>
#include <hiredis/read.h>

#include <new>
#include <utility>

namespace geoclimate::redis {

// How many more elements the reply that is being read may have.
struct ReplyParser::Budget {
  std::size_t elements = 0;

  static Budget* Of(const redisReadTask* task) { return static_cast<Budget*>(task->privdata); }
};

namespace {

// Elements lie in their array, which has its full length from the start, so that they stay where
// they are; only the outermost reply is on its own.
Reply* Place(const redisReadTask* task) {
  if (task->parent == nullptr) return new (std::nothrow) Reply;
  auto* const array = static_cast<Reply*>(task->parent->obj);
  return &array->elements[static_cast<std::size_t>(task->idx)];
}

void* CreateText(const redisReadTask* task, char* text, std::size_t size) {
  Reply* const reply = Place(task);
  if (reply == nullptr) return nullptr;
  switch (task->type) {
    case REDIS_REPLY_STATUS:
      reply->type = Reply::Type::kStatus;
      break;
    case REDIS_REPLY_ERROR:
      reply->type = Reply::Type::kError;
      break;
    default:
      reply->type = Reply::Type::kString;
  }
  reply->text.assign(text, size);
  return reply;
}

void* CreateInteger(const redisReadTask* task, long long value) {
  Reply* const reply = Place(task);
  if (reply == nullptr) return nullptr;
  reply->type = Reply::Type::kInteger;
  reply->integer = value;
  return reply;
}

void* CreateNil(const redisReadTask* task) {
  return Place(task);
}

void FreeReply(void* reply) {
  delete static_cast<Reply*>(reply);
}

}  // namespace

ReplyParser::ReplyParser(const ReplyLimits& limits)
    : limits_(limits), budget_(std::make_unique<Budget>()) {
  // Null makes hiredis refuse the reply.
  static constexpr auto kCreateArray = [](const redisReadTask* task, int size) -> void* {
    Budget& budget = *Budget::Of(task);
    const auto elements = static_cast<std::size_t>(size);
    if (elements + 1 > budget.elements) return nullptr;
    budget.elements -= elements + 1;
    Reply* const reply = Place(task);
    if (reply == nullptr) return nullptr;
    reply->type = Reply::Type::kArray;
    reply->elements.resize(elements);
    return reply;
  };
  static redisReplyObjectFunctions functions = {.createString = &CreateText,
                                                .createArray = kCreateArray,
                                                .createInteger = &CreateInteger,
                                                .createNil = &CreateNil,
                                                .freeObject = &FreeReply};
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = budget_.get();
  budget_->elements = limits_.elements;
}

ReplyParser::~ReplyParser() = default;

void ReplyParser::Free::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

base::Result<void> ReplyParser::Feed(std::span<const char> bytes) {
  unread_ += bytes.size();
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    return base::DataLoss(fmt::format("the answer of Redis: {}", reader_->errstr));
  }
  return {};
}

base::Result<std::optional<Reply>> ReplyParser::Next() {
  void* found = nullptr;
  if (redisReaderGetReply(reader_.get(), &found) != REDIS_OK) {
    // hiredis says "out of memory" for a reply that was refused a place.
    return base::DataLoss(fmt::format("the answer of Redis: {}", reader_->err == REDIS_ERR_OOM
                                                                     ? "too many elements"
                                                                     : "it breaks the protocol"));
  }
  if (found == nullptr) {
    if (unread_ > limits_.bytes) return base::DataLoss("the answer of Redis is too long");
    return std::optional<Reply>();
  }
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(found));
  unread_ = reader_->len - reader_->pos;
  budget_->elements = limits_.elements;
  return std::optional<Reply>(std::move(*reply));
}

bool ReplyParser::has_rest() const {
  return unread_ > 0;
}

}  // namespace geoclimate::redis
