// What one sees first: samples that start with one click, recent files, and a place to drop a program.
#pragma once

#include <QScrollArea>

#include "widgets/canvas/style.h"

class QGridLayout;
class QLabel;
class QVBoxLayout;

namespace ringside {

struct SampleRow;

class WelcomePage : public QScrollArea {
    Q_OBJECT
 public:
    explicit WelcomePage(QWidget* parent = nullptr);
    void setStyle(const Style& style);
    void setRecent(const QStringList& files);
    void setMessage(const QString& message);  // why something could not be opened
    QString message() const;

 Q_SIGNALS:
    void openSample(const SampleRow& row);
    void openLesson(const QString& id);
    void openFile(const QString& path);
    void openDialog();

 private:
    void fill();

    QWidget* m_page;
    QVBoxLayout* m_column;
    QLabel* m_message;
    QStringList m_recent;
    Style m_style;
};

}  // namespace ringside
