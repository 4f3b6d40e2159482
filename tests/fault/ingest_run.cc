#include "tests/fault/ingest_run.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "geoclimate/base/check.h"

namespace geoclimate::fault {

IngestRun IngestRun::Start(const std::filesystem::path& data_dir,
                           const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> arguments = {GEOCLIMATE_PROGRAM, "--data-dir", data_dir.string(),
                                        "ingest"};
  for (const std::filesystem::path& file : files) arguments.push_back(file.string());
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t output;
  ::posix_spawn_file_actions_init(&output);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    ::posix_spawn_file_actions_addopen(&output, stream, "/dev/null", O_WRONLY, 0);
  }
  pid_t process = 0;
  const int error =
      ::posix_spawn(&process, GEOCLIMATE_PROGRAM, &output, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&output);
  GC_CHECK(error == 0, "the program is built before its tests");
  return IngestRun(process);
}

std::optional<int> IngestRun::Wait() {
  int status = 0;
  GC_CHECK(::waitpid(process_, &status, 0) == process_, "a run is waited for once");
  if (!WIFEXITED(status)) return std::nullopt;
  return WEXITSTATUS(status);
}

bool IngestRun::KillAfter(std::chrono::microseconds after) {
  // Nothing is waited for here: the moment itself is what the test draws.
  std::this_thread::sleep_for(after);
  ::kill(process_, SIGKILL);
  return !Wait().has_value();
}

}  // namespace geoclimate::fault
