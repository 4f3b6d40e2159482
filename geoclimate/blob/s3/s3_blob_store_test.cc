#include "geoclimate/blob/s3/s3_blob_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "geoclimate/blob/s3/testing/relay.h"
#include "geoclimate/blob/s3/testing/s3_rig.h"
#include "geoclimate/formats/digest.h"
#include "geoclimate/http_client/testing/scripted_server.h"

// Against a real server, which checks signatures, hashes and conditions.
namespace geoclimate::blob {
namespace {

using testing::Fault;
using ::testing::HasSubstr;
using testing::NoSleep;
using testing::Relay;
using testing::S3Rig;
using testing::S3Server;
using testing::SharedS3Server;

std::string RandomBytes(std::size_t count) {
  std::mt19937_64 random(count);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

template <typename T>
base::ErrorCode CodeOf(const base::Result<T>& result) {
  EXPECT_FALSE(result.ok());
  return result.ok() ? base::ErrorCode::kUnknown : result.error().code();
}

class S3BlobStoreTest : public ::testing::Test {
 protected:
  S3BlobStoreTest() { rig_->MakeBucket(); }

  // Through a relay, with the same prefix as rig_.
  std::unique_ptr<S3Rig> Through(const Relay& relay) {
    return S3Rig::Make([&](S3Options& options) {
      options.prefix = rig_->client.options().prefix;
      options.endpoint = relay.endpoint();
    });
  }
  // The number of uploads that were begun and neither completed nor aborted.
  std::size_t UnfinishedUploads() {
    const auto answer =
        rig_->client
            .Send({.operation = S3Operation::kList,
                   .query = {{"uploads", ""}, {"prefix", rig_->client.options().prefix + "/"}}})
            .answer;
    EXPECT_TRUE(answer.ok());
    std::size_t count = 0;
    for (std::size_t at = 0; (at = answer->body.find("<Upload>", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  }

  const std::string large_ = RandomBytes(12'000'000);  // three parts
  std::unique_ptr<S3Rig> rig_ = S3Rig::Make();
};

TEST_F(S3BlobStoreTest, AWrongSignatureIsRefused) {
  ASSERT_TRUE(rig_->store.Put("x", "1").ok());
  Credentials wrong = S3Server::credentials();
  wrong.secret_access_key += "x";
  S3Rig forged(rig_->client.options(), 1, wrong);
  const auto get = forged.store.Get("x");
  EXPECT_EQ(CodeOf(get), base::ErrorCode::kPermissionDenied);
  EXPECT_THAT(get.error().message(), HasSubstr("SignatureDoesNotMatch"));
  EXPECT_EQ(CodeOf(forged.store.Put("x", "2")), base::ErrorCode::kPermissionDenied);
  EXPECT_EQ(CodeOf(forged.store.List("")), base::ErrorCode::kPermissionDenied);
  EXPECT_EQ(CodeOf(forged.store.Delete("x")), base::ErrorCode::kPermissionDenied);
  Credentials unknown = S3Server::credentials();
  unknown.access_key_id = "nobody";
  S3Rig stranger(rig_->client.options(), 1, unknown);
  const auto denied = stranger.store.Get("x");
  EXPECT_EQ(CodeOf(denied), base::ErrorCode::kUnauthenticated) << denied.error().message();
  EXPECT_EQ(rig_->store.Get("x")->bytes, "1");
}

TEST_F(S3BlobStoreTest, ABucketThatIsNotThereIsNamed) {
  const auto rig = S3Rig::Make([](S3Options& options) { options.bucket = "no-such-bucket"; });
  const auto list = rig->store.List("");
  EXPECT_EQ(CodeOf(list), base::ErrorCode::kFailedPrecondition);
  EXPECT_THAT(list.error().message(), HasSubstr("NoSuchBucket"));
  EXPECT_EQ(CodeOf(rig->store.Put("x", "1")), base::ErrorCode::kFailedPrecondition);
}

TEST_F(S3BlobStoreTest, ALargeBlobGoesInPartsAndComesBackInParts) {
  const auto version = rig_->store.Put("large", large_);
  ASSERT_TRUE(version.ok()) << version.error().message();
  EXPECT_THAT(*version, HasSubstr("-3"));
  const auto blob = rig_->store.Get("large");
  ASSERT_TRUE(blob.ok()) << blob.error().message();
  EXPECT_TRUE(blob->bytes == large_);
  EXPECT_EQ(blob->version, *version);
  EXPECT_EQ(rig_->store.List("large")->front().size, large_.size());
  EXPECT_EQ(UnfinishedUploads(), 0U);
}

TEST_F(S3BlobStoreTest, SizesAroundAPartReadBack) {
  const std::size_t part = rig_->client.options().multipart_bytes;
  for (const std::size_t size : {part - 1, part, part + 1, 2 * part}) {
    const std::string bytes = RandomBytes(size);
    ASSERT_TRUE(rig_->store.Put("sized", bytes).ok());
    const auto blob = rig_->store.Get("sized");
    ASSERT_TRUE(blob.ok()) << blob.error().message();
    EXPECT_TRUE(blob->bytes == bytes) << size;
  }
}

TEST_F(S3BlobStoreTest, ALargeBlobIsWrittenOnConditionsToo) {
  const auto first = rig_->store.PutIfAbsent("large", large_);
  ASSERT_TRUE(first.ok()) << first.error().message();
  EXPECT_EQ(CodeOf(rig_->store.PutIfAbsent("large", large_)), base::ErrorCode::kAlreadyExists);
  const std::string other = RandomBytes(6'000'000);
  const auto second = rig_->store.PutIfMatch("large", other, *first);
  ASSERT_TRUE(second.ok()) << second.error().message();
  EXPECT_EQ(CodeOf(rig_->store.PutIfMatch("large", large_, *first)), base::ErrorCode::kAborted);
  EXPECT_TRUE(rig_->store.Get("large")->bytes == other);
  EXPECT_EQ(UnfinishedUploads(), 0U);
}

TEST_F(S3BlobStoreTest, AnUploadThatFailsIsAborted) {
  Relay relay(SharedS3Server().port());
  const auto rig = Through(relay);
  // Every attempt at a part fails; the uploads' POST and DELETE do not.
  relay.Break(Fault::kRefuse, 1000, "PUT");
  EXPECT_EQ(CodeOf(rig->store.Put("large", large_)), base::ErrorCode::kUnavailable);
  EXPECT_GE(relay.broken(), 4);
  EXPECT_EQ(UnfinishedUploads(), 0U);
  EXPECT_EQ(CodeOf(rig_->store.Get("large")), base::ErrorCode::kNotFound);
}

TEST_F(S3BlobStoreTest, APartThatFailsIsSentAgain) {
  Relay relay(SharedS3Server().port());
  const auto rig = Through(relay);
  relay.Break(Fault::kRefuse, 2, "PUT");
  ASSERT_TRUE(rig->store.Put("large", large_).ok());
  EXPECT_EQ(relay.broken(), 2);
  relay.Break(Fault::kRefuse, 2, "GET");
  const auto blob = rig->store.Get("large");
  ASSERT_TRUE(blob.ok()) << blob.error().message();
  EXPECT_TRUE(blob->bytes == large_);
  EXPECT_EQ(relay.broken(), 4);
}

TEST_F(S3BlobStoreTest, ACompletionWhoseAnswerIsLostIsFoundDone) {
  Relay relay(SharedS3Server().port());
  const auto rig = Through(relay);
  relay.Break(Fault::kLoseAnswer, 1,
              fmt::format("POST /test-bucket/{}/large?uploadId", rig_->client.options().prefix));
  const auto version = rig->store.PutIfAbsent("large", large_);
  EXPECT_EQ(relay.broken(), 1);
  ASSERT_TRUE(version.ok()) << version.error().message();
  EXPECT_EQ(rig_->store.Get("large")->version, *version);
}

// A write whose answer was lost was reported as refused: its own object failed the condition.
TEST_F(S3BlobStoreTest, AConditionalWriteWhoseAnswerIsLostIsFoundDone) {
  Relay relay(SharedS3Server().port());
  const auto rig = Through(relay);
  relay.Break(Fault::kLoseAnswer, 1, "PUT");
  const auto first = rig->store.PutIfAbsent("x", "1");
  ASSERT_TRUE(first.ok()) << first.error().message();
  EXPECT_EQ(rig_->store.Get("x")->version, *first);
  relay.Break(Fault::kLoseAnswer, 1, "PUT");
  const auto second = rig->store.PutIfMatch("x", "2", *first);
  ASSERT_TRUE(second.ok()) << second.error().message();
  EXPECT_EQ(rig_->store.Get("x")->version, *second);
  EXPECT_EQ(relay.broken(), 2);
  // Refused for another's object, whether the answer comes at once or after a loss.
  ASSERT_TRUE(rig_->store.Put("x", "other").ok());
  EXPECT_EQ(CodeOf(rig->store.PutIfMatch("x", "3", *second)), base::ErrorCode::kAborted);
  relay.Break(Fault::kLoseAnswer, 1, "PUT");
  EXPECT_EQ(CodeOf(rig->store.PutIfMatch("x", "3", *second)), base::ErrorCode::kUnavailable);
  EXPECT_EQ(rig_->store.Get("x")->bytes, "other");
}

TEST_F(S3BlobStoreTest, OfManyWritersThroughABadNetworkNoAcknowledgedOneIsLost) {
  constexpr int kWriters = 4;
  constexpr int kWrites = 12;
  Relay relay(SharedS3Server().port());
  ASSERT_TRUE(rig_->store.Put("log", "\n").ok());
  relay.BreakEvery(Fault::kLoseAnswer, 5);
  std::vector<std::vector<std::string>> acknowledged(kWriters);
  {
    std::vector<std::unique_ptr<S3Rig>> rigs;
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
      S3Rig& rig = *rigs.emplace_back(Through(relay));
      auto& done = acknowledged[static_cast<std::size_t>(writer)];
      threads.emplace_back([&rig, &done, writer] {
        for (int i = 0; i < kWrites; ++i) {
          const std::string line = fmt::format("{}-{}\n", writer, i);
          base::Result<std::string> put = base::Internal("");
          do {
            const auto blob = rig.store.Get("log");
            if (!blob.ok()) continue;
            put = rig.store.PutIfMatch("log", blob->bytes + line, blob->version);
          } while (!put.ok() && put.error().code() != base::ErrorCode::kUnavailable);
          if (put.ok()) done.push_back(line);
        }
      });
    }
  }
  EXPECT_GT(relay.broken(), 0);
  const std::string log = rig_->store.Get("log")->bytes;
  std::size_t total = 0;
  for (const auto& lines : acknowledged) {
    total += lines.size();
    for (const std::string& line : lines) {
      const std::size_t at = log.find("\n" + line);
      EXPECT_NE(at, std::string::npos) << line << " was acknowledged and is not there";
      EXPECT_EQ(log.find("\n" + line, at + 1), std::string::npos) << line << " is there twice";
    }
  }
  EXPECT_GT(total, 0U);
}

TEST_F(S3BlobStoreTest, BytesThatAreDamagedOnTheirWayToTheStoreAreRefusedAndSentAgain) {
  Relay relay(SharedS3Server().port());
  const auto rig = Through(relay);
  relay.Break(Fault::kDamageBody, 1, "PUT");
  ASSERT_TRUE(rig->store.Put("x", "one two three").ok());
  EXPECT_EQ(relay.broken(), 1);
  EXPECT_EQ(rig_->store.Get("x")->bytes, "one two three");
}

TEST_F(S3BlobStoreTest, BytesThatAreDamagedOnTheirWayBackAreReadAgain) {
  ASSERT_TRUE(rig_->store.Put("x", "one two three").ok());
  Relay relay(SharedS3Server().port());
  const auto rig = Through(relay);
  relay.Break(Fault::kDamageAnswer, 1, "GET");
  const auto blob = rig->store.Get("x");
  ASSERT_TRUE(blob.ok()) << blob.error().message();
  EXPECT_EQ(blob->bytes, "one two three");
  EXPECT_EQ(relay.broken(), 1);
}

TEST_F(S3BlobStoreTest, BytesThatAreDamagedInTheStoreAreDataLoss) {
  ASSERT_TRUE(rig_->store.Put("small", "one two three").ok());
  ASSERT_TRUE(rig_->store.Put("large", large_).ok());
  for (const char* key : {"small", "large"}) {
    const auto path =
        SharedS3Server().objects() / "test-bucket" / rig_->client.options().prefix / key;
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(file) << path;
    file.seekp(5);
    file.put('X');
    file.close();
    EXPECT_EQ(CodeOf(rig_->store.Get(key)), base::ErrorCode::kDataLoss) << key;
  }
}

TEST_F(S3BlobStoreTest, AListingGoesOnPageByPage) {
  const auto rig = S3Rig::Make([&](S3Options& options) {
    options.prefix = rig_->client.options().prefix;
    options.list_page_keys = 7;
  });
  std::vector<std::string> keys;
  for (int i = 0; i < 30; ++i) keys.push_back(fmt::format("models/{:02}/state", i));
  for (const std::string& key : keys) ASSERT_TRUE(rig->store.Put(key, key).ok());
  std::vector<std::string> listed;
  const auto entries = rig->store.List("models/");
  ASSERT_TRUE(entries.ok()) << entries.error().message();
  for (const BlobEntry& entry : *entries) listed.push_back(entry.key);
  EXPECT_EQ(listed, keys);
  EXPECT_EQ(rig->store.List("models/1")->size(), 10U);
}

TEST_F(S3BlobStoreTest, AStoreThatIsDownIsUnavailableAndUsedAgainWhenItIsBack) {
  S3Server server;
  ASSERT_TRUE(server.is_running());
  const auto rig = S3Rig::Make([&](S3Options& options) { options.endpoint = server.endpoint(); });
  rig->MakeBucket();
  ASSERT_TRUE(rig->store.Put("x", "1").ok());
  server.Kill();
  EXPECT_EQ(CodeOf(rig->store.Get("x")), base::ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(rig->store.Put("x", "2")), base::ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(rig->store.List("")), base::ErrorCode::kUnavailable);
  server.Start();
  EXPECT_EQ(rig->store.Get("x")->bytes, "1");
}

TEST_F(S3BlobStoreTest, ABreakerThatIsOpenKeepsRequestsAway) {
  S3Server server;
  const auto rig = S3Rig::Make([&](S3Options& options) { options.endpoint = server.endpoint(); });
  server.Kill();
  resilience::CircuitBreaker breaker("storage", {.window_calls = 8, .min_calls = 4}, rig->clock);
  const S3Client client(rig->client.options(),
                        {rig->http, rig->credentials, breaker, rig->retry, rig->clock});
  S3BlobStore store(client, 1);
  EXPECT_EQ(CodeOf(store.Get("x")), base::ErrorCode::kUnavailable);
  EXPECT_EQ(breaker.state(), resilience::BreakerState::kOpen);
  server.Start();
  const auto refused = store.Get("x");
  EXPECT_EQ(CodeOf(refused), base::ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("storage"));
}

TEST_F(S3BlobStoreTest, EncryptionIsAskedForWithEveryObjectAndEveryUpload) {
  std::vector<std::string> requests;
  base::Mutex mutex;
  const http_client::testing::ScriptedServer server(
      [&](http_client::testing::Connection& connection) {
        for (std::string request; !(request = connection.ReadRequest()).empty();) {
          const base::MutexLock lock(mutex);
          requests.push_back(request.substr(0, request.find("\r\n\r\n")));
          connection.Answer(403, "");
        }
      });
  const auto rig = S3Rig::Make([&](S3Options& options) {
    options.endpoint = fmt::format("http://127.0.0.1:{}", server.port());
    options.encryption = "aws:kms";
    options.kms_key_id = "arn:aws:kms:key/1";
  });
  EXPECT_EQ(CodeOf(rig->store.Put("x", "1")), base::ErrorCode::kPermissionDenied);
  EXPECT_EQ(CodeOf(rig->store.Put("x", large_)), base::ErrorCode::kPermissionDenied);
  const base::MutexLock lock(mutex);
  ASSERT_EQ(requests.size(), 2U);
  for (const std::string& request : requests) {
    EXPECT_THAT(request, HasSubstr("x-amz-server-side-encryption: aws:kms"));
    EXPECT_THAT(request,
                HasSubstr("x-amz-server-side-encryption-aws-kms-key-id: arn:aws:kms:key/1"));
    EXPECT_THAT(request, HasSubstr(";x-amz-server-side-encryption;"));
  }
}

}  // namespace
}  // namespace geoclimate::blob
