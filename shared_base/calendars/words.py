"""The few words that a calendar carries beside people's own, in the language of whoever made the feed."""

WORDS = {
    "zh_Hans_CN": {
        "calendar": "{name} 预订",
        "code": "预订编号：{value}",
        "tenant": "入驻企业：{value}",
        "host": "主播：{value}",
        "platform": "平台：{value}",
        "kit": "设备、样品与人员：{value}",
        "held": "保留至 {value}，逾期未确认即释放",
        "requested": "等待基地批准",
        "no_show": "未到场",
        "cancelled": "已取消：{value}",
        "list": "、",
    },
    "en": {
        "calendar": "Bookings of {name}",
        "code": "Booking: {value}",
        "tenant": "Tenant: {value}",
        "host": "Host: {value}",
        "platform": "Platform: {value}",
        "kit": "Equipment, samples and crew: {value}",
        "held": "Held until {value}; lapses unless confirmed",
        "requested": "Waiting for the base's approval",
        "no_show": "Nobody came",
        "cancelled": "Cancelled: {value}",
        "list": ", ",
    },
}
