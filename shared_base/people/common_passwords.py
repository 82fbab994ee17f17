"""Words that guessers try first. A password made of them, of a run on the keyboard or of a repetition is no secret."""

# lower case; English and pinyin, what people here and elsewhere choose most
_LIST = """
    aaaaaa abc access account admin administrator aini alibaba alipay amazon andrew angel anhui apple april asdf asdfgh
    ashley august autumn azerty baidu baobao baobei base baseball batman beijing bilibili bonjour broadcast business
    buster changeme charlie cheese china chocolate chongqing chunjie company computer cookie dadada daniel dashuju
    december default dianshang diamond donald douyin dragon ecommerce email english facai facebook february flower
    football forever freedom friday friend fuck fuckyou fujian gansu gaoxing george ginger google guangdong guangxi
    guangzhou guest guizhou haha hahaha hainan handsome hangzhou hannah harbin harley hebei heilongjiang hello
    henan hockey hongkong huawei hubei hunan hunter huoshan idol iloveu iloveyou internet jessica jiangsu jiangxi jidi
    jilin jingdong jordan july june kaixin killer kuaishou kuaile laoban laogong laopo laptop letmein liaoning link
    liuliu live livestream loading login london love lovely lover lucky maggie manager march martin master matrix
    matthew mayday meimei meili michael michelle microsoft mima monday money monkey mustang mypass nanjing nanshan
    network nicole nihao ningbo ninja november october office oracle owner panyu pass passcode passw0rd password
    passwort pepper pinduoduo please pokemon princess public qazwsx qazxsw qingdao qinaide qwaszx qwe qweasd qweasdzxc
    qwer qwert qwerty qwertz root sample samsung saturday school secret secure security september server service
    shandong shanghai shanxi share shared sharedbase shenyang shenzhen shengri sichuan silver soccer spring standard
    starwars studio suibian summer sunday sunshine superman supervisor support suzhou system taobao teacher temp
    temporary tenant tencent test tester testing thomas thursday tianjin tianmao tianshi tigger tmall today trustno
    tuesday unknown user username vincent wangwang website wechat wednesday weibo weixin welcome wenzhou
    whatever windows winner winter wodeai woaini woaizhongguo woshishui wuhan xiamen xian xiaohongshu xiaomi xihuan
    xinnian yahoo yellow yiwu youtube yunnan zaijian zhejiang zhibo zhifubao zhongguo zhongshan zhuhai zhubo
    password1 p@ssw0rd p@ssword pa55word passw0rd1 1314 520 5201314 521 888 666 168 1688 8888
    直播 直播间 基地 共享 共享基地 密码 我爱你 中国 电商 管理员 你好
"""
WORDS = frozenset(_LIST.split())

#: neighbours on the keyboard and in the alphabet; a run of three or more of them, either way, is one guess
RUNS = (
    "0123456789",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "!@#$%^&*()",
)
