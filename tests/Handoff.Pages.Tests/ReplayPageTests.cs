namespace Handoff.Pages.Tests;

/// <summary>The pages of <c>replay</c> and <c>size</c> in a real browser.</summary>
public sealed class ReplayPageTests : IDisposable
{
    private const string Trace = "tests/data/arm64-nc-small";

    private readonly PageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Draws_a_curve_whose_points_tell_more()
    {
        string page = _folder.Make("replay", Trace, "--swiotlb", "512K,1M,4M,64M", "--areas", "1,2", "--html");
        using Browser browser = await Browser.Start();
        await browser.Open(page);
        Assert.Equal("9", await browser.Text("document.querySelectorAll('#outcomes tbody tr').length"));
        Assert.Equal("9", await browser.Text("document.querySelectorAll('.plot .dot').length"));
        Assert.Equal("2", await browser.Text("document.querySelectorAll('.plot .curve').length"));
        await browser.Evaluate("document.querySelectorAll('#outcomes tbody button')[3].click()");
        Assert.Equal("#row=3", await browser.Text("location.hash"));
        Assert.Equal(await browser.Text("document.querySelector('#outcomes tr.chosen button').textContent"), await browser.Text("document.querySelector('#detail h3').textContent"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Marks_the_size_that_is_enough()
    {
        string page = _folder.Make("size", Trace, "--html");
        using Browser browser = await Browser.Start(700, 900, dark: true);
        await browser.Open(page);
        Assert.Contains("swiotlb=", await browser.Text("document.querySelector('.tiles').textContent"), StringComparison.Ordinal);
        Assert.NotEqual("0", await browser.Text("document.querySelectorAll('.plot .mark').length"));
        Assert.Equal("true", await browser.Text("document.documentElement.scrollWidth <= innerWidth"));
        List<string> nodes = await browser.Accessible();
        Assert.DoesNotContain(nodes, node => node is "button: " or "heading: " or "columnheader: ");
        Assert.InRange(Picture.Read(await browser.Screenshot()).Colours(), 40, int.MaxValue);
        Assert.Empty(browser.Complaints);
    }
}
