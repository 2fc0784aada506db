#include "widgets/fetch_execute/values.h"

#include <bit>
#include <cmath>

#include "widgets/canvas/inspect.h"
#include "widgets/canvas/words.h"

namespace ringside {
namespace {

// By number, in the widths of 8, 4, 2 and 1 bytes.
constexpr const char* kNames[4][16] = {
    {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"},
    {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d",
     "r15d"},
    {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"},
    {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"}};
constexpr const char* kHighBytes[] = {"ah", "ch", "dh", "bh"};

QString number(double value) { return QString::number(value, 'g', 9); }

QString xmmValue(const Xmm& x, const QString& mnemonic) {
    if (mnemonic.endsWith("sd") || mnemonic.endsWith("pd") || mnemonic.contains("sd2"))
        return number(std::bit_cast<double>(x.q[0]));
    if (mnemonic.endsWith("ss") || mnemonic.endsWith("ps") || mnemonic.contains("ss2"))
        return number(static_cast<double>(std::bit_cast<float>(static_cast<u32>(x.q[0]))));
    return x.q[1] ? "0x" + hexDigits(x.q[1], 1) + hexDigits(x.q[0], 16) : hex(x.q[0]);
}

QString x87Value(const X87& x87, int index) {
    const unsigned at = ((x87.status >> 11u & 7u) + static_cast<unsigned>(index)) & 7u;
    if ((x87.tags >> (2 * at) & 3u) == 3) return Words::tr("empty");
    const Float80& f = x87.st[at];
    const double v = std::ldexp(static_cast<double>(f.mantissa), (f.signExponent & 0x7fff) - 16383 - 63);
    return number(f.signExponent & 0x8000 ? -v : v);
}

// When a conditional instruction does it: the condition in words of flags.
QString conditionOf(const QString& mnemonic) {
    QString c;
    for (const char* stem : {"cmov", "set", "j"})
        if (mnemonic.startsWith(stem)) {
            c = mnemonic.mid(static_cast<int>(qstrlen(stem)));
            break;
        }
    static const std::pair<const char*, const char*> kConditions[] = {
        {"e", "ZF = 1"},  {"ne", "ZF = 0"},           {"g", "ZF = 0, SF = OF"}, {"ge", "SF = OF"},
        {"l", "SF ≠ OF"}, {"le", "ZF = 1 ∨ SF ≠ OF"}, {"a", "CF = 0, ZF = 0"},  {"ae", "CF = 0"},
        {"b", "CF = 1"},  {"be", "CF = 1 ∨ ZF = 1"},  {"s", "SF = 1"},          {"ns", "SF = 0"},
        {"o", "OF = 1"},  {"no", "OF = 0"},           {"p", "PF = 1"},          {"np", "PF = 0"}};
    for (auto& [name, text] : kConditions)
        if (c == name) return QString::fromUtf8(text);
    return {};
}

bool holds(const QString& mnemonic, u64 f) {
    const bool z = f & flag::ZF, s = f & flag::SF, o = f & flag::OF, c = f & flag::CF, p = f & flag::PF;
    const QString n = mnemonic.startsWith("cmov")  ? mnemonic.mid(4)
                      : mnemonic.startsWith("set") ? mnemonic.mid(3)
                                                   : mnemonic.mid(1);
    return n == "e"    ? z
           : n == "ne" ? !z
           : n == "g"  ? !z && s == o
           : n == "ge" ? s == o
           : n == "l"  ? s != o
           : n == "le" ? z || s != o
           : n == "a"  ? !c && !z
           : n == "ae" ? !c
           : n == "b"  ? c
           : n == "be" ? c || z
           : n == "s"  ? s
           : n == "ns" ? !s
           : n == "o"  ? o
           : n == "no" ? !o
           : n == "p"  ? p
                       : !p;
}

}  // namespace

int generalRegister(const QString& name) {
    for (auto& names : kNames)
        for (int i = 0; i < 16; ++i)
            if (name == names[i]) return i;
    for (int i = 0; i < 4; ++i)
        if (name == kHighBytes[i]) return i;
    return -1;
}

QString operandValue(const Registers& r, const QString& name, const QString& mnemonic) {
    for (int width = 0; width < 4; ++width)
        for (std::size_t i = 0; i < 16; ++i)
            if (name == kNames[width][i]) {
                const u64 mask = width == 0 ? ~u64{0} : (u64{1} << (64 >> width)) - 1;
                return hex(r.gpr[i] & mask);
            }
    for (std::size_t i = 0; i < 4; ++i)
        if (name == kHighBytes[i]) return hex(r.gpr[i] >> 8 & 0xff);
    bool isNumber = false;
    if (name.startsWith("xmm"))
        if (const int i = name.mid(3).toInt(&isNumber); isNumber && i < 16)
            return xmmValue(r.xmm[static_cast<std::size_t>(i)], mnemonic);
    if (name == "st" || name == "st(0)") return x87Value(r.x87, 0);
    if (name.startsWith("st("))
        if (const int i = name.mid(3, 1).toInt(&isNumber); isNumber && i < 8) return x87Value(r.x87, i);
    return {};
}

QString signOf(const QString& mnemonic) {
    static const std::pair<const char*, const char*> kSigns[] = {
        {"add", "+"},   {"adc", "+ c"}, {"inc", "+ 1"}, {"sub", "−"},  {"sbb", "− c"}, {"cmp", "−"},   {"dec", "− 1"},
        {"neg", "0 −"}, {"imul", "×"},  {"mul", "×"},   {"idiv", "÷"}, {"div", "÷"},   {"and", "AND"}, {"test", "AND"},
        {"or", "OR"},   {"xor", "XOR"}, {"not", "NOT"}, {"shl", "≪"},  {"shr", "≫"},   {"sar", "≫ s"}, {"lea", "+"}};
    for (auto& [name, sign] : kSigns)
        if (mnemonic == name) return QString::fromUtf8(sign);
    // addsd, mulps, …
    for (auto& [name, sign] :
         {std::pair("add", "+"), std::pair("sub", "−"), std::pair("mul", "×"), std::pair("div", "÷")})
        for (const char* kind : {"ss", "sd", "ps", "pd"})
            if (mnemonic == QLatin1String(name) + QLatin1String(kind)) return QString::fromUtf8(sign);
    return {};
}

QString outcome(const FetchExecuteModel& m, const Registers& before, const Registers& after) {
    if (m.trap) return {};
    if (const QString condition = conditionOf(m.mnemonic); !condition.isEmpty()) {
        QStringList now;
        for (auto& [bit, name] : {std::pair(flag::ZF, "ZF"), std::pair(flag::SF, "SF"), std::pair(flag::OF, "OF"),
                                  std::pair(flag::CF, "CF"), std::pair(flag::PF, "PF")})
            if (condition.contains(name)) now << QString("%1 = %2").arg(name).arg(before.rflags & bit ? 1 : 0);
        return (holds(m.mnemonic, before.rflags) ? Words::tr("It does so when %1, and %2: yes.")
                                                 : Words::tr("It does so when %1, but %2: no."))
            .arg(condition, now.join(", "));
    }
    const QStringList parts = m.operandText.split(", ", Qt::SkipEmptyParts);
    if (parts.isEmpty()) return {};
    u64 loaded = 0, stored = 0;
    bool loads = false, stores = false;
    for (const auto& a : m.accesses) {
        if (a.kind == AccessKind::Read) loaded = a.value, loads = true;
        if (a.kind == AccessKind::Write) stored = a.value, stores = true;
    }
    auto valueOf = [&](const QString& part) {
        if (part.contains('[')) return loads ? hex(loaded) : m.addressValue;
        const QString held = operandValue(before, part, m.mnemonic);
        if (!held.isEmpty()) return held;
        return m.immediate ? part : QString();
    };
    const bool keeps = m.mnemonic == "cmp" || m.mnemonic == "test";
    QString result =
        parts[0].contains('[') ? (stores ? hex(stored) : QString()) : operandValue(after, parts[0], m.mnemonic);
    if (m.mnemonic == "push" || m.mnemonic == "call")
        return stores ? Words::tr("%1 is what goes onto the stack.").arg(hex(stored)) : QString();
    const QString sign = signOf(m.mnemonic);
    if (sign.isEmpty() || m.mnemonic == "lea" || parts.size() == 1) {
        const bool moves = m.mnemonic.startsWith("mov") || m.mnemonic.startsWith("cvt") || m.mnemonic == "lea" ||
                           m.mnemonic == "pop" || parts.size() == 1;
        return moves && !result.isEmpty() && result != valueOf(parts[0])
                   ? Words::tr("%1 becomes %2.").arg(parts[0], result)
                   : QString();
    }
    // imul a, b, c takes the last two.
    const QString a = valueOf(parts[parts.size() - 2]), b = valueOf(parts.back());
    if (a.isEmpty() || b.isEmpty()) return {};
    if (keeps) return Words::tr("%1 %2 %3: only the flags keep what came out.").arg(a, sign, b);
    return result.isEmpty() ? QString() : Words::tr("%1 %2 %3 = %4.").arg(a, sign, b, result);
}

}  // namespace ringside
