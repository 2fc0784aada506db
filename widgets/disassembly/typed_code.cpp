#include "widgets/disassembly/typed_code.h"

#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>

#include "widgets/canvas/words.h"

namespace ringside {
namespace {

constexpr qsizetype kMost = 4096;  // characters, and bytes of the outcome
constexpr int kPatienceMs = 5000;

Expected<void> run(const QString& program, const QStringList& arguments, const QByteArray& input = {}) {
    const QString path = QStandardPaths::findExecutable(program);
    if (path.isEmpty())
        return fail(Words::tr("Assembly needs the program “%1” (package binutils). Bytes can be typed without it.")
                        .arg(program)
                        .toStdString());
    QProcess process;
    process.start(path, arguments);
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(kPatienceMs) || process.exitStatus() != QProcess::NormalExit) {
        process.kill();
        process.waitForFinished(kPatienceMs);
        return fail(Words::tr("“%1” did not answer.").arg(program).toStdString());
    }
    if (process.exitCode() == 0) return {};
    // "{standard input}:2: Error: no such instruction: `xyz'"
    static const QRegularExpression kError("Error: (.*)|: (undefined reference.*)");
    const QString said = QString::fromUtf8(process.readAllStandardError());
    const auto match = kError.match(said);
    return fail((match.hasMatch() ? match.captured(match.lastCapturedIndex()) : said.trimmed()).toStdString());
}

}  // namespace

std::optional<std::vector<u8>> bytesFromText(const QString& given) {
    const QString text = given.trimmed();
    if (text.size() >= 2 && text.startsWith('"') && text.endsWith('"')) {
        const QByteArray raw = text.mid(1, text.size() - 2).toUtf8();
        return std::vector<u8>(raw.begin(), raw.end());
    }
    // Pairs of digits; a longer run of them needs a digit proper, or "fadd" would be two bytes.
    static const QRegularExpression kPair("^[0-9a-fA-F]{2}$"), kRun("^(?=.*[0-9])([0-9a-fA-F]{2})+$");
    std::vector<u8> bytes;
    for (const QString& word : text.split(QRegularExpression("[\\s,]+"), Qt::SkipEmptyParts)) {
        if (!kPair.match(word).hasMatch() && !kRun.match(word).hasMatch()) return {};
        const QByteArray raw = QByteArray::fromHex(word.toLatin1());
        bytes.insert(bytes.end(), raw.begin(), raw.end());
    }
    if (bytes.empty()) return {};
    return bytes;
}

Expected<std::vector<u8>> codeFromText(const QString& text, u64 address) {
    if (text.size() > kMost) return fail(Words::tr("That is too long.").toStdString());
    if (auto bytes = bytesFromText(text)) return *bytes;
    // Directives that open files have no business here.
    static const QRegularExpression kFiles("\\.\\s*(inc|macro|include|incbin)",
                                           QRegularExpression::CaseInsensitiveOption);
    if (kFiles.match(text).hasMatch()) return fail(Words::tr("Only instructions and data can be typed.").toStdString());
    QTemporaryDir directory;
    if (!directory.isValid()) return fail(directory.errorString().toStdString());
    const QString object = directory.filePath("typed.o"), image = directory.filePath("typed.bin");
    QString source = text;
    source.replace(';', '\n');
    source = ".intel_syntax noprefix\n.globl _start\n_start:\n" + source + '\n';
    if (auto done = run("as", {"--64", "-mx86-used-note=no", "-o", object, "-"}, source.toUtf8()); !done)
        return std::unexpected(done.error());
    // The linker puts in the distances of jumps to plain addresses.
    if (auto done = run("ld", {"--oformat", "binary", "-Ttext", QString::number(address, 16), "-o", image, object});
        !done)
        return std::unexpected(done.error());
    QFile file(image);
    if (!file.open(QIODevice::ReadOnly)) return fail(file.errorString().toStdString());
    const QByteArray raw = file.read(kMost);
    if (raw.isEmpty()) return fail(Words::tr("There is no instruction in “%1”.").arg(text).toStdString());
    return std::vector<u8>(raw.begin(), raw.end());
}

}  // namespace ringside
