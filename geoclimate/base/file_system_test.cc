#include "geoclimate/base/file_system.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

#include "geoclimate/base/temporary_file.h"

namespace geoclimate::base {
namespace {

namespace fs = std::filesystem;

class HostFileSystemTest : public ::testing::Test {
 protected:
  HostFileSystemTest() {
    std::string name = (fs::path(::testing::TempDir()) / "files_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~HostFileSystemTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void Put(const std::string& name, std::string_view bytes, OpenMode mode = OpenMode::kAppend) {
    const auto file = files_.Open(folder_ / name, mode, FileAccess::kByUmask);
    ASSERT_TRUE(file.ok()) << file.error().ToString();
    ASSERT_TRUE((*file)->Write(bytes).ok());
    ASSERT_TRUE((*file)->Sync().ok());
  }
  std::string Content(const std::string& name) {
    const auto file = files_.Open(folder_ / name, OpenMode::kRead, FileAccess::kByUmask);
    if (!file.ok()) return std::string(ErrorCodeName(file.error().code()));
    const auto bytes = (*file)->ReadAll();
    return bytes.ok() ? *bytes : std::string(ErrorCodeName(bytes.error().code()));
  }
  static ErrorCode CodeOf(const Result<void>& result) {
    return result.ok() ? ErrorCode::kUnknown : result.error().code();
  }

  FileSystem& files_ = HostFileSystem();
  fs::path folder_;
};

TEST_F(HostFileSystemTest, WritesGoBehindWhatIsThere) {
  Put("a", "one");
  Put("a", "two");
  EXPECT_EQ(Content("a"), "onetwo");
  EXPECT_EQ(Content("b"), "NOT_FOUND");
  EXPECT_EQ(Content("."), "FAILED_PRECONDITION");
}

TEST_F(HostFileSystemTest, ANewFileIsNotAnOldOne) {
  Put("a", "one", OpenMode::kCreateNew);
  const auto again = files_.Open(folder_ / "a", OpenMode::kCreateNew);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), ErrorCode::kAlreadyExists);
}

TEST_F(HostFileSystemTest, AFileOfItsOwnerIsReadByNobodyElse) {
  ASSERT_TRUE(files_.Open(folder_ / "a", OpenMode::kCreateNew, FileAccess::kOwnerOnly).ok());
  struct stat status{};
  ASSERT_EQ(::stat((folder_ / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(HostFileSystemTest, ARenameReplacesAFileAndNoFolder) {
  Put("a", "new");
  Put("b", "old");
  const auto old = files_.Open(folder_ / "b", OpenMode::kRead);
  ASSERT_TRUE(files_.Rename(folder_ / "a", folder_ / "b").ok());
  EXPECT_EQ(Content("b"), "new");
  EXPECT_EQ(*(*old)->ReadAll(), "old");
  EXPECT_FALSE(*(*old)->IsLinked());
  ASSERT_TRUE(files_.MakeFolder(folder_ / "c").ok());
  EXPECT_EQ(CodeOf(files_.Rename(folder_ / "b", folder_ / "c")), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf(files_.Rename(folder_ / "x", folder_ / "b")), ErrorCode::kNotFound);
}

TEST_F(HostFileSystemTest, ALinkIsASecondName) {
  Put("a", "one");
  ASSERT_TRUE(files_.Link(folder_ / "a", folder_ / "b").ok());
  EXPECT_EQ(CodeOf(files_.Link(folder_ / "a", folder_ / "b")), ErrorCode::kAlreadyExists);
  ASSERT_TRUE(files_.Remove(folder_ / "a").ok());
  EXPECT_EQ(CodeOf(files_.Remove(folder_ / "a")), ErrorCode::kNotFound);
  EXPECT_EQ(Content("b"), "one");
}

TEST_F(HostFileSystemTest, AFolderListsWhatLiesInIt) {
  Put("a", "12345");
  ASSERT_TRUE(files_.MakeFolder(folder_ / "b").ok());
  auto entries = *files_.List(folder_);
  std::ranges::sort(entries, {}, &FolderEntry::name);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_EQ(entries[0].kind, FileKind::kFile);
  EXPECT_EQ(entries[0].size, 5U);
  EXPECT_EQ(entries[1].kind, FileKind::kFolder);
  EXPECT_EQ(files_.List(folder_ / "a").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_.List(folder_ / "x").error().code(), ErrorCode::kNotFound);
}

TEST_F(HostFileSystemTest, ANameBelowAFileIsAbsent) {
  Put("a", "1");
  EXPECT_EQ(*files_.KindOf(folder_ / "a"), FileKind::kFile);
  EXPECT_EQ(*files_.KindOf(folder_ / "a/b"), FileKind::kAbsent);
  EXPECT_EQ(*files_.KindOf(folder_ / "x"), FileKind::kAbsent);
  EXPECT_EQ(*files_.KindOf(folder_), FileKind::kFolder);
}

TEST_F(HostFileSystemTest, FoldersAreMadeWithThoseAboveThem) {
  EXPECT_TRUE(MakeFolders(files_, folder_ / "a/b/c/").ok());
  EXPECT_TRUE(fs::is_directory(folder_ / "a/b/c"));
  EXPECT_TRUE(MakeFolders(files_, folder_ / "a/b/c").ok());
  EXPECT_TRUE(MakeFolders(files_, "/").ok());
  EXPECT_TRUE(MakeFolders(files_, "").ok());
  EXPECT_TRUE(MakeFolders(files_, ".").ok());
  Put("f", "1");
  EXPECT_EQ(CodeOf(MakeFolders(files_, folder_ / "f")), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf(MakeFolders(files_, folder_ / "f/g/h")), ErrorCode::kFailedPrecondition);
}

TEST_F(HostFileSystemTest, OneOpenFileHasTheLock) {
  Put("a", "");
  const auto first = files_.Open(folder_ / "a", OpenMode::kAppend);
  const auto second = files_.Open(folder_ / "a", OpenMode::kRead);
  EXPECT_TRUE(*(*first)->Lock(File::Wait::kForever));
  EXPECT_FALSE(*(*second)->Lock(File::Wait::kNot));
  (*first)->Unlock();
  EXPECT_TRUE(*(*second)->Lock(File::Wait::kNot));
}

TEST_F(HostFileSystemTest, ATemporaryFileIsThereUnderItsNameWholeOrNotAtAll) {
  {
    const auto dropped = TemporaryFile::Make(files_, folder_ / "a.writing");
    ASSERT_TRUE(dropped.ok());
    ASSERT_TRUE((*dropped)->file().Write("half").ok());
    EXPECT_EQ(TemporaryFile::Make(files_, folder_ / "a.writing").error().code(),
              ErrorCode::kAlreadyExists);
  }
  EXPECT_EQ(Content("a.writing"), "NOT_FOUND");
  const auto finished = TemporaryFile::Make(files_, folder_ / "a.writing");
  ASSERT_TRUE((*finished)->file().Write("whole").ok());
  ASSERT_TRUE((*finished)->RenameTo(folder_ / "a").ok());
  EXPECT_EQ(Content("a"), "whole");
  EXPECT_EQ(Content("a.writing"), "NOT_FOUND");
}

TEST_F(HostFileSystemTest, OnlyATemporaryFileWhoseWriterIsGoneIsAbandoned) {
  Put("dead", "half");
  const auto living = TemporaryFile::Make(files_, folder_ / "living");
  ASSERT_TRUE(living.ok());
  for (const char* name : {"dead", "living", "absent"}) {
    EXPECT_TRUE(RemoveIfAbandoned(files_, folder_ / name).ok()) << name;
  }
  EXPECT_EQ(Content("dead"), "NOT_FOUND");
  EXPECT_EQ(Content("living"), "");
}

}  // namespace
}  // namespace geoclimate::base
