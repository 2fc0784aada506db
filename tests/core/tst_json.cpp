// What JsonWriter writes is JSON: Qt's own reader reads the same back.
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include "core/base/json.h"

using namespace ringside;

class TestJson : public QObject {
    Q_OBJECT

 private Q_SLOTS:
    void writesWhatIsRead_data() {
        QTest::addColumn<int>("style");
        QTest::newRow("one line") << 0;
        QTest::newRow("indented") << 1;
    }
    void writesWhatIsRead() {
        QFETCH(int, style);
        JsonWriter w(style ? JsonWriter::Style::Indented : JsonWriter::Style::OneLine);
        w.beginObject().field("name", "a \"b\" \\ \n\t\x01 é").field("number", 42).field("yes", true);
        w.hexField("address", 0x401000).key("empty").beginArray().endArray();
        w.key("list").beginArray().value(1).value(-2).value(0.5).null().endArray();
        w.key("inner").beginObject().field("x", std::string("y")).endObject().endObject();

        QJsonParseError error;
        const QByteArray text = QByteArray::fromStdString(w.text());
        const QJsonObject o = QJsonDocument::fromJson(text, &error).object();
        QCOMPARE(error.error, QJsonParseError::NoError);
        QCOMPARE(o["name"].toString(), QStringLiteral("a \"b\" \\ \n\t\x01 é"));
        QCOMPARE(o["number"].toInt(), 42);
        QCOMPARE(o["yes"].toBool(), true);
        QCOMPARE(o["address"].toString(), QStringLiteral("0x401000"));
        QVERIFY(o["empty"].toArray().isEmpty());
        QCOMPARE(o["list"].toArray().size(), 4);
        QCOMPARE(o["list"].toArray()[1].toInt(), -2);
        QCOMPARE(o["list"].toArray()[2].toDouble(), 0.5);
        QVERIFY(o["list"].toArray()[3].isNull());
        QCOMPARE(o["inner"].toObject()["x"].toString(), QStringLiteral("y"));
        QCOMPARE(text.contains('\n'), style == 1);
    }

    void numbersAreExact() {
        JsonWriter w;
        w.beginArray().value(~u64{0}).value(i64{-9'223'372'036'854'775'807}).endArray();
        QCOMPARE(w.text(), std::string("[18446744073709551615, -9223372036854775807]"));
    }

    void brokenTextBecomesValid_data() {
        QTest::addColumn<QByteArray>("in");
        QTest::addColumn<QByteArray>("out");
        const QByteArray r("\xef\xbf\xbd");
        QTest::newRow("lone byte") << QByteArray("a\xff") << QByteArray("\"a" + r + "\"");
        QTest::newRow("cut off") << QByteArray("\xe2\x82") << QByteArray("\"" + r + r + "\"");
        QTest::newRow("overlong") << QByteArray("\xc0\x80") << QByteArray("\"" + r + r + "\"");
        QTest::newRow("surrogate") << QByteArray("\xed\xa0\x80") << QByteArray("\"" + r + r + r + "\"");
        QTest::newRow("euro") << QByteArray("\xe2\x82\xac") << QByteArray("\"\xe2\x82\xac\"");
        QTest::newRow("zero byte") << QByteArray("\0", 1) << QByteArray("\"\\u0000\"");
    }
    void brokenTextBecomesValid() {
        QFETCH(QByteArray, in);
        QFETCH(QByteArray, out);
        QCOMPARE(QByteArray::fromStdString(jsonString({in.data(), static_cast<std::size_t>(in.size())})), out);
    }
};

QTEST_APPLESS_MAIN(TestJson)
#include "tst_json.moc"
