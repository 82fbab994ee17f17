// The timeline's own words. Those of the page's state badges come with the page; these name controls and results.
const zh = {
  today: "今天", previous: "前一天", next: "后一天", previousWeek: "前一周", nextWeek: "后一周", date: "日期",
  day: "全天", night: "夜场", week: "一周", view: "时段", filter: "筛选直播间", now: "现在",
  live: "实时同步", away: "连接中断，正在重试", loading: "正在载入",
  empty: "没有符合条件的直播间", undo: "撤销",
  moved: "已改期", resized: "已调整时长", undone: "已恢复原样", refused: "未能改动，已恢复原样",
  signedOut: "登录已过期，请刷新页面后重新登录。",
  reason: "服务器没有说明原因，请刷新页面后再试。",
  offline: "网络不通，改动没有保存。请检查网络后再试。",
  create: "新建预订", createHere: "填写预订", cancel: "取消", studio: "直播间", time: "时间", length: "时长",
  hours: (hours, minutes) => `${hours ? `${hours} 小时` : ""}${hours && minutes ? " " : ""}${minutes ? `${minutes} 分钟` : ""}`,
  dayTitle: { year: "numeric", month: "long", day: "numeric", weekday: "long" }, short: { month: "numeric", day: "numeric", weekday: "short" },
  locale: "zh-CN", list: "，",
  states: {
    held: "保留中", awaiting_approval: "待审批", confirmed: "已预订", checked_in: "直播中", live: "直播中", overdue: "超时",
    overrun: "超时使用", completed: "已完成", no_show: "未到场", cancelled: "已取消", arriving: "即将到场", closed: "停用",
  },
};

const en = {
  today: "Today", previous: "Previous day", next: "Next day", previousWeek: "Previous week", nextWeek: "Next week", date: "Date",
  day: "Day", night: "Night", week: "Week", view: "Span", filter: "Filter studios", now: "Now",
  live: "Up to date", away: "Connection lost, trying again", loading: "Loading",
  empty: "No studio matches", undo: "Undo",
  moved: "Moved", resized: "Length changed", undone: "Put back as it was", refused: "Not changed, put back as it was",
  signedOut: "Your session has ended. Reload the page and sign in again.",
  reason: "The server gave no reason. Reload the page and try again.",
  offline: "The network is down and the change was not saved. Check the network and try again.",
  create: "New booking", createHere: "Fill in the booking", cancel: "Cancel", studio: "Studio", time: "Time", length: "Length",
  hours: (hours, minutes) => `${hours ? `${hours} h` : ""}${hours && minutes ? " " : ""}${minutes ? `${minutes} min` : ""}`,
  dayTitle: { year: "numeric", month: "long", day: "numeric", weekday: "long" }, short: { month: "short", day: "numeric", weekday: "short" },
  locale: "en-GB", list: ", ",
  states: {
    held: "Held", awaiting_approval: "Awaiting approval", confirmed: "Booked", checked_in: "Live", live: "Live", overdue: "Overdue",
    overrun: "Over time", completed: "Completed", no_show: "No-show", cancelled: "Cancelled", arriving: "Arriving", closed: "Closed",
  },
};

export const wordsOf = (language) => (language === "en" ? en : zh);
