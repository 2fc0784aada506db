// Broken programs handed to the whole machine: execve takes them or turns them away, the guest lives or dies, and the
// program itself goes on. Always the same files.
#include <QTemporaryDir>
#include <QtTest>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "core/base/host_file.h"
#include "core/machine/machine.h"
#include "tests/core/small_elf.h"

using namespace ringside;

namespace {

// What may become of a program: any of these, but no exception of our own and no end of the run without a reason.
std::string runBriefly(const std::string& path) {
    MachineOptions options = classroomProfile();
    options.kernel.program = "/program";
    options.kernel.files.push_back({path, "/program"});
    auto machine = Machine::boot(options);
    if (!machine) return machine.error().sentence.empty() ? "turned away without a sentence" : "";
    machine->closeInput();
    machine->trace.enabled = false;
    RunUntil until;
    until.tick = 30'000;
    const MachineStop stop = machine->run(until);
    if (stop == MachineStop::Panicked && machine->kernel.panic.empty()) return "a panic without a reason";
    const auto broken = machine->brokenInvariants();
    return broken.empty() ? "" : broken.front();
}

}  // namespace

class TestExecFuzz : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void brokenPrograms() {
        std::vector<std::vector<u8>> seeds{smallElf()};
        if (auto bytes = readHostFile(std::string(RINGSIDE_BINARY_DIR) + "/samples/hello-asm"))
            seeds.push_back(std::move(*bytes));
        const QTemporaryDir scratch;
        const std::string path = scratch.filePath("program").toStdString();
        const int rounds = std::getenv("RINGSIDE_LONG") ? 20'000 : 300;
        std::mt19937_64 random(77);
        for (int i = 0; i < rounds; ++i) {
            std::vector<u8> bytes = seeds[static_cast<std::size_t>(i) % seeds.size()];
            // Mostly the header and program headers (64 + 3 × 56 bytes), which execve reads; sometimes the code.
            const u64 reach = i % 4 == 3 ? bytes.size() : 232;
            static constexpr u64 kNumbers[] = {0,          1,          0x7f,  0xfff,      0x1000,
                                               0x7fffffff, 0xffffffff, ~0ull, 1ull << 47, 1ull << 63};
            for (u64 k = 0, n = 1 + random() % 4; k < n; ++k) {
                const u64 at = 16 + random() % (reach - 24);
                const u64 value = random() % 3 ? kNumbers[random() % std::size(kNumbers)] : random();
                const u64 size = u64{1} << random() % 4;
                for (u64 b = 0; b < size; ++b) bytes[at + b] = static_cast<u8>(value >> (8 * b));
            }
            if (i % 7 == 6) bytes.resize(random() % bytes.size());
            std::FILE* file = std::fopen(path.c_str(), "wb");
            QVERIFY(file);
            std::fwrite(bytes.data(), 1, bytes.size(), file);
            std::fclose(file);
            QVERIFY(QFile::setPermissions(scratch.filePath("program"),
                                          QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
            const std::string wrong = runBriefly(path);
            QVERIFY2(wrong.empty(), qPrintable(QStringLiteral("round %1: %2").arg(i).arg(wrong.c_str())));
        }
    }
};

QTEST_APPLESS_MAIN(TestExecFuzz)
#include "tst_exec_fuzz.moc"
