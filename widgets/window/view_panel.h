// What a dock holds: one view as a picture or as its text twin. Builds the model from the snapshot when it can be seen,
// paints only when the model differs from the last one.
#pragma once

#include <QElapsedTimer>
#include <QStackedWidget>
#include <memory>

#include "widgets/canvas/canvas.h"
#include "widgets/canvas/twin_panel.h"
#include "widgets/canvas/view.h"

class QLineEdit;

namespace ringside {

class ViewPanel : public QWidget {
    Q_OBJECT
 public:
    explicit ViewPanel(const ViewRow& row, QWidget* parent = nullptr);

    const ViewRow& row() const { return m_row; }
    Canvas* canvas() { return m_canvas; }
    TwinPanel* twinPanel() { return m_twinPanel; }

    void setStyle(StylePtr style);
    void setSnapshot(std::shared_ptr<const Snapshot> snapshot);
    void setShared(const Subject& selection, int micro, std::shared_ptr<Symbols> symbols);
    void setReduceMotion(bool on) { m_reduceMotion = on; }
    void refresh();  // now, if it can be seen
    void refreshIfStale() {
        if (m_stale) refresh();
    }

    bool pinned() const { return m_pinned; }
    void setPinned(bool on);  // a pinned view no longer follows the selection
    bool showsTwin() const;
    void setShowsTwin(bool on);

    TextTwin textTwin() const;
    Scene scene() const { return m_canvas->scene(); }
    Scene sceneOn(const StylePtr& style, QSizeF paper) const;  // the same view elsewhere
    QString setting(const QString& key) const { return m_options.setting(key); }
    void setSetting(const QString& key, const QString& value);
    void press(const QString& spot);  // as a click on it
    const ViewOptions& options() const { return m_options; }
    std::size_t paintCount() const { return m_paints; }  // how often a new scene was made

 Q_SIGNALS:
    void selected(const ringside::Subject& subject);
    void commanded(const ringside::Command& command);
    void typed(const QString& line);
    void closeRequested();

 protected:
    void showEvent(QShowEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

 private:
    enum class Why : u8 { NewMoment, NewLook, NewOptions, NewSetting };
    bool canBeSeen() const;
    void rebuild(Why why);
    Scene paintOn(QSizeF paper);
    void command(const Command& command);
    void contextMenu(const Spot* spot, QPoint at);
    void loadSettings();

    const ViewRow& m_row;
    Canvas* m_canvas;
    TwinPanel* m_twinPanel;
    QStackedWidget* m_stack;
    QLineEdit* m_input = nullptr;
    StylePtr m_style;
    StylePtr m_grown;  // of a picture that grows: the style it was last painted with
    std::shared_ptr<const Snapshot> m_snapshot;
    ViewOptions m_options;
    Subject m_followed;  // the shared selection, also while pinned
    std::unique_ptr<ViewModel> m_model;
    bool m_stale = true;    // must be built again when seen
    bool m_restyle = true;  // must be painted again, even from an equal model
    bool m_pinned = false;
    bool m_reduceMotion = false;
    QElapsedTimer m_sinceBuild;
    qint64 m_lastCostMs = 0;
    std::size_t m_paints = 0;
};

}  // namespace ringside
