#include "core/kernel/fs/host_directory.h"

#include <algorithm>
#include <array>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <string_view>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <utility>

#include "core/kernel/limits.h"

namespace ringside {
namespace {

class Descriptor {
 public:
    explicit Descriptor(int fd = -1) : m_fd(fd) {}
    Descriptor(Descriptor&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    ~Descriptor() {
        if (m_fd >= 0) ::close(m_fd);
    }
    int get() const { return m_fd; }
    explicit operator bool() const { return m_fd >= 0; }

 private:
    int m_fd;
};

// File systems that show the host's own state.
bool showsHostState(int fd) {
    struct statfs information {};
    if (::fstatfs(fd, &information) != 0) return true;
    constexpr std::array<u32, 8> kMagic{0x9fa0,     0x62656572, 0x27e0eb, 0x63677270,
                                        0x64626720, 0x74726163, 0x1cd1,   0x73636673};
    return std::ranges::find(kMagic, static_cast<u32>(information.f_type)) != kMagic.end();
}

// Opens one component after the other, so that a link in the middle can not lead out.
Descriptor walk(const std::string& root, std::string_view path, int flags) {
    Descriptor current(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    while (current && !path.empty()) {
        const auto slash = path.find('/');
        const std::string component(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
        if (component.empty() || component == ".") continue;
        if (component == "..") return Descriptor();
        const int how = path.empty() ? flags : O_PATH | O_DIRECTORY;
        current = Descriptor(::openat(current.get(), component.c_str(), how | O_NOFOLLOW | O_CLOEXEC));
        if (current && showsHostState(current.get())) return Descriptor();
        if (path.empty()) return current;
    }
    // The root itself was asked for.
    if (current && flags != (O_PATH)) return Descriptor(::openat(current.get(), ".", flags | O_CLOEXEC));
    return current;
}

i64 nanoseconds(const struct timespec& t) { return i64{t.tv_sec} * 1'000'000'000 + t.tv_nsec; }

HostStat convert(const struct stat& s) {
    return {.mode = s.st_mode,
            .uid = s.st_uid,
            .gid = s.st_gid,
            .links = static_cast<u32>(s.st_nlink),
            .size = static_cast<u64>(s.st_size),
            .rdev = s.st_rdev,
            // Looking at a file changes when it was last looked at, and a stretch that runs again must see the same.
            .atimeNs = nanoseconds(s.st_mtim),
            .mtimeNs = nanoseconds(s.st_mtim),
            .ctimeNs = nanoseconds(s.st_ctim),
            .target = {}};
}

std::optional<std::vector<u8>> readAll(int fd) {
    struct stat s {};
    if (::fstat(fd, &s) != 0 || !S_ISREG(s.st_mode) || static_cast<u64>(s.st_size) > limit::HostFile)
        return std::nullopt;
    std::vector<u8> bytes(static_cast<std::size_t>(s.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
        if (n <= 0) break;
        done += static_cast<std::size_t>(n);
    }
    bytes.resize(done);
    return bytes;
}

bool isHandedIn(const std::string& path) { return path.starts_with('/'); }

}  // namespace

std::optional<HostStat> hostStat(const std::string& root, const std::string& path) {
    struct stat s {};
    if (isHandedIn(path)) {
        if (::stat(path.c_str(), &s) != 0) return std::nullopt;
        return convert(s);
    }
    const Descriptor fd = walk(root, path, O_PATH);
    if (!fd || ::fstat(fd.get(), &s) != 0) return std::nullopt;
    HostStat result = convert(s);
    if (S_ISLNK(s.st_mode)) {
        std::array<char, 4096> target;
        const ssize_t n = ::readlinkat(fd.get(), "", target.data(), target.size());
        if (n < 0) return std::nullopt;
        result.target.assign(target.data(), static_cast<std::size_t>(n));
    }
    return result;
}

std::optional<std::vector<std::string>> hostList(const std::string& root, const std::string& path) {
    if (isHandedIn(path)) return std::nullopt;
    const Descriptor fd = walk(root, path, O_RDONLY | O_DIRECTORY);
    if (!fd) return std::nullopt;
    const int copy = ::dup(fd.get());
    DIR* directory = copy < 0 ? nullptr : ::fdopendir(copy);
    if (!directory) {
        if (copy >= 0) ::close(copy);
        return std::nullopt;
    }
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(directory)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(directory);
    std::ranges::sort(names);
    return names;
}

std::optional<std::vector<u8>> hostRead(const std::string& root, const std::string& path) {
    // O_NONBLOCK: should the name have become a FIFO meanwhile, opening it must not wait.
    if (isHandedIn(path)) {
        const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        return fd ? readAll(fd.get()) : std::nullopt;
    }
    const Descriptor fd = walk(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    return fd ? readAll(fd.get()) : std::nullopt;
}

struct HostMemory::Answers {
    static constexpr u64 kPerName = 256;  // what an answer takes beside its path
    std::mutex mutex;                     // copies run on several threads
    std::map<std::string, std::optional<HostStat>> stats;
    std::map<std::string, std::optional<std::vector<std::string>>> lists;
    std::map<std::string, std::shared_ptr<const std::vector<u8>>> contents;
    u64 nameBytes = 0, fileBytes = 0;

    template <class Answer, class Ask>
    Answer remember(std::map<std::string, Answer>& known, const std::string& path, Ask ask) {
        const std::lock_guard lock(mutex);
        if (const auto it = known.find(path); it != known.end()) return it->second;
        Answer answer = ask();
        if (nameBytes < limit::HostNames && fileBytes < limit::HostFiles) {
            known.emplace(path, answer);
            nameBytes += kPerName + path.size();
        }
        return answer;
    }
};

HostMemory::HostMemory() : m_answers(std::make_shared<Answers>()) {}

std::optional<HostStat> HostMemory::stat(const std::string& root, const std::string& path) const {
    return m_answers->remember(m_answers->stats, path, [&] { return hostStat(root, path); });
}

std::optional<std::vector<std::string>> HostMemory::list(const std::string& root, const std::string& path) const {
    return m_answers->remember(m_answers->lists, path, [&] {
        auto names = hostList(root, path);
        for (const std::string& name : names.value_or(std::vector<std::string>{}))
            m_answers->nameBytes += sizeof name + name.size();
        return names;
    });
}

std::shared_ptr<const std::vector<u8>> HostMemory::read(const std::string& root, const std::string& path) const {
    using Bytes = std::shared_ptr<const std::vector<u8>>;
    return m_answers->remember(m_answers->contents, path, [&] {
        auto bytes = hostRead(root, path);
        if (!bytes) return Bytes();
        m_answers->fileBytes += bytes->size();
        return Bytes(std::make_shared<const std::vector<u8>>(std::move(*bytes)));
    });
}

}  // namespace ringside
