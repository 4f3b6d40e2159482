#include "geoclimate/blob/s3/s3_options.h"

#include <gtest/gtest.h>

namespace geoclimate::blob {
namespace {

TEST(S3Url, NamesABucketAndAPrefix) {
  const auto whole = ParseS3Url("s3://my-bucket/geo/climate/");
  ASSERT_TRUE(whole.ok()) << whole.error().message();
  EXPECT_EQ(whole->bucket, "my-bucket");
  EXPECT_EQ(whole->prefix, "geo/climate");
  for (const char* url : {"s3://my-bucket", "s3://my-bucket/"}) {
    const auto bucket = ParseS3Url(url);
    ASSERT_TRUE(bucket.ok()) << bucket.error().message();
    EXPECT_EQ(bucket->prefix, "");
  }
  for (const char* url :
       {"", "s3:/b", "s3://", "s3://ab", "s3://Bucket", "s3://-bucket", "s3://bucket-", "s3://a..b",
        "s3://bucket/..", "s3://bucket/a//b", "s3://bucket/a b", "s3://bucket?x", "file:///a"}) {
    EXPECT_FALSE(ParseS3Url(url).ok()) << url;
  }
}

TEST(S3Options, WhatCannotWorkIsRefused) {
  const auto is_valid = [](void (*change)(S3Options&)) {
    S3Options options{.bucket = "bucket"};
    change(options);
    return options.Validate().ok();
  };
  EXPECT_TRUE(is_valid([](S3Options&) {}));
  EXPECT_TRUE(is_valid([](S3Options& o) { o.endpoint = "http://127.0.0.1:9000"; }));
  EXPECT_TRUE(is_valid([](S3Options& o) { o.encryption = "AES256"; }));
  EXPECT_FALSE(is_valid([](S3Options& o) { o.endpoint = "127.0.0.1:9000"; }));
  EXPECT_FALSE(is_valid([](S3Options& o) { o.endpoint = "https://host/path"; }));
  EXPECT_FALSE(is_valid([](S3Options& o) { o.endpoint = "https://user@host"; }));
  EXPECT_FALSE(is_valid([](S3Options& o) { o.region = "eu west"; }));
  EXPECT_FALSE(is_valid([](S3Options& o) { o.bucket = "a.bucket"; }));
  EXPECT_TRUE(is_valid([](S3Options& o) {
    o.bucket = "a.bucket";
    o.addressing = Addressing::kPathStyle;
  }));
  EXPECT_FALSE(is_valid([](S3Options& o) { o.multipart_bytes = 1 << 20; }));
  EXPECT_FALSE(is_valid([](S3Options& o) { o.encryption = "rot13"; }));
  EXPECT_FALSE(is_valid([](S3Options& o) { o.kms_key_id = "key"; }));
}

}  // namespace
}  // namespace geoclimate::blob
