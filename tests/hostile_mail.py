"""An HTML mail with much that acts and much that fetches, and a few words."""

HOSTILE_MAIL = """
<style>body { display: none }</style><script>alert(1)</script>
<p onclick="alert(2)" style="position: fixed; color: red; background: url(https://spy.test/a)">
Hello <b>there</b></p>
<a href="javascript:alert(3)">one</a><a href="https://example.org/x" target="_top">two</a>
<form action="https://evil.test"><input name="key"></form>
<iframe src="https://evil.test"></iframe><object data="https://evil.test"></object>
<base href="https://evil.test/"><meta http-equiv="refresh" content="0;url=https://evil.test">
<img src="https://spy.test/pixel.png" alt="logo" onerror="alert(4)">
<svg onload="alert(5)"></svg><video poster="https://spy.test/v"></video>
<table background="https://spy.test/t"><tr><td background="https://spy.test/d">cell</table>
<img srcset="https://spy.test/s 2x"><input type="image" src="https://spy.test/i">
"""
