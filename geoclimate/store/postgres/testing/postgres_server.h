#pragma once

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/base/check.h"

extern char** environ;

namespace geoclimate::store::postgres {

// A PostgreSQL server of a test's own, in a new folder and on a socket in it: no port to be found
// taken, nothing of the machine's own server touched. PostgreSQL refuses to be run by root, so root
// runs it as the package's user. Ends with the object, and with the process whatever its end.
class PostgresServer {
 public:
  PostgresServer() {
    const char* memory = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    std::string name = fmt::format("{}/geoclimate_postgres_XXXXXX", memory);
    GC_CHECK(::mkdtemp(name.data()) != nullptr, "tests need a folder for temporary files");
    folder_ = name;
    if (::geteuid() == 0) {
      const passwd* user = ::getpwnam("postgres");
      GC_CHECK(user != nullptr && ::chown(name.c_str(), user->pw_uid, user->pw_gid) == 0,
               "Debian's package postgresql-15 makes the user 'postgres'");
    }
    const int made =
        Wait(Spawn({kFolder + "initdb", "-D", folder_ + "/data", "-A", "trust", "-U", "geoclimate",
                    "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"}));
    GC_CHECK(made == 0, "initdb of Debian's package postgresql-15 makes a cluster");
    Start();
  }
  ~PostgresServer() {
    if (server_ > 0) Stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // One for a test program, started when the first test asks.
  static PostgresServer& Shared() {
    static PostgresServer server;
    return server;
  }

  // Returns when the server takes connections.
  void Start() {
    // Without fsync a commit survives the server's end, though not the machine's.
    server_ = Spawn({kFolder + "postgres", "-D", folder_ + "/data", "-k", folder_, "-c",
                     "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200", "-c",
                     "log_min_messages=panic", "-c", "log_statement=none"});
    const std::string url = Url("postgres");
    while (PQping(url.c_str()) != PQPING_OK) {
      GC_CHECK(::waitpid(server_, nullptr, WNOHANG) == 0, "the server starts");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  // SIGINT ends sessions in good order; SIGKILL is a crash.
  void Stop(int how = SIGINT) {
    ::kill(server_, how);
    Wait(std::exchange(server_, 0));
    if (how != SIGKILL) return;
    // Its children see it gone and end; a new server would meet their shared memory.
    Wait(Spawn({"/bin/sh", "-c",
                fmt::format("while /usr/bin/pgrep -f 'postgres: .*{0}|{0}/data' >/dev/null; do "
                            "sleep 0.02; done",
                            folder_)}));
  }
  pid_t pid() const { return server_; }

  std::string Url(const std::string& database) const {
    return fmt::format("postgresql://geoclimate@/{}?host={}", database, folder_);
  }
  // A new, empty database; its name is given.
  std::string NewDatabase() {
    const std::string name = fmt::format("test_{}", databases_.fetch_add(1));
    Execute("postgres", "CREATE DATABASE " + name);
    return name;
  }
  void DropDatabase(const std::string& name) {
    Execute("postgres", "DROP DATABASE " + name + " WITH (FORCE)");
  }
  // The first column of the last statement's rows.
  std::vector<std::string> Execute(const std::string& database, const std::string& sql) const {
    PGconn* connection = PQconnectdb(Url(database).c_str());
    PGresult* result = PQexec(connection, sql.c_str());
    const ExecStatusType status = PQresultStatus(result);
    GC_CHECK(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, PQerrorMessage(connection));
    std::vector<std::string> values;
    for (int row = 0; row < PQntuples(result); ++row)
      values.emplace_back(PQgetvalue(result, row, 0));
    PQclear(result);
    PQfinish(connection);
    return values;
  }
  const std::string& folder() const { return folder_; }

 private:
  static inline const std::string kFolder = "/usr/lib/postgresql/15/bin/";

  static pid_t Spawn(const std::vector<std::string>& command) {
    std::vector<std::string> words = {"/usr/bin/setpriv", "--pdeathsig", "INT"};
    if (::geteuid() == 0) {
      for (const char* word : {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"}) {
        words.emplace_back(word);
      }
    }
    words.insert(words.end(), command.begin(), command.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int spawned =
        posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    GC_CHECK(spawned == 0, "setpriv can be run");
    return child;
  }
  static int Wait(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }

  std::string folder_;
  pid_t server_ = 0;
  std::atomic<int> databases_{0};
};

// A database of the shared server, dropped with the object.
class TestDatabase {
 public:
  TestDatabase() : name_(PostgresServer::Shared().NewDatabase()) {}
  ~TestDatabase() { PostgresServer::Shared().DropDatabase(name_); }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  std::string url() const { return PostgresServer::Shared().Url(name_); }
  std::vector<std::string> Execute(const std::string& sql) const {
    return PostgresServer::Shared().Execute(name_, sql);
  }

 private:
  const std::string name_;
};

}  // namespace geoclimate::store::postgres
