using System.Globalization;

namespace Handoff.Pages.Tests;

/// <summary>The page of <c>report</c> in a real browser.</summary>
public sealed class TracePageTests : IDisposable
{
    private const string Recordings = "tests/data/";

    private readonly PageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Says_what_is_wrong_first_and_shows_when()
    {
        using Browser browser = await Browser.Start();
        await Open(browser, _folder.Make("report", Recordings + "x86-force-512", "--html"));
        Assert.Contains("the bounce pool is too small", await browser.Text("document.querySelector('.tile').textContent"), StringComparison.Ordinal);
        Assert.Contains("swiotlb=1024,force", await browser.Text("document.querySelector('.finding.error').textContent"), StringComparison.Ordinal);
        Assert.Equal("7", await browser.Text("document.querySelectorAll('#devices tbody tr').length"));
        await browser.Evaluate("document.querySelector('.finding.error button').click(); new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        Assert.Matches("#from=\\d+&to=\\d+", await browser.Text("location.hash"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Names_from_a_hostile_recording_stay_text()
    {
        string trace = Path.Combine(_folder.Path, "hostile.txt");
        string[] names = ["</script><script>document.title='gone'</script>", "<img/src=x/onerror=\"document.title='gone'\">", "\u202egnol\u2066", new string('x', 10_000), "\"};document.title='gone'//"];
        await File.WriteAllTextAsync(
            trace,
            string.Concat(names.Select(static (name, i) => $"  <b>{i}-1     [000] d..2.   1.00012{i}: dma_map_page: {name} dir=TO_DEVICE dma_addr=ffffffffffffffff size=512 phys_addr=1000 attrs=\n  init-1     [000] d..2.   1.00013{i}: dma_map_page: {name} dir=TO_DEVICE dma_addr={i + 1}000 size=512 phys_addr={i + 1}000 attrs=\n")),
            TestContext.Current.CancellationToken);
        using Browser browser = await Browser.Start();
        await Open(browser, _folder.Make("report", trace, "--html"));
        Assert.DoesNotContain("gone", await browser.Text("document.title"), StringComparison.Ordinal);
        Assert.Equal("0", await browser.Text("document.querySelectorAll('img, b b, script[src]').length"));
        Assert.Equal("5", await browser.Text("document.querySelectorAll('#devices tbody tr').length"));
        Assert.Contains("onerror=", await browser.Text("document.getElementById('devices').textContent"), StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task The_timeline_zooms_to_one_mapping_and_tells_its_life()
    {
        using Browser browser = await Browser.Start(1280, 1600);
        string page = _folder.Make("report", Recordings + "arm64-nc-small", "--html");
        await Open(browser, page);
        string whole = await browser.Text("document.getElementById('range').textContent");
        int mappings = int.Parse(await browser.Text("map.count"), CultureInfo.InvariantCulture);
        Assert.InRange(mappings, 1000, 100_000);
        Assert.Equal(mappings.ToString(CultureInfo.InvariantCulture), await browser.Text("map.lanes.reduce((n, l) => n + l.index.length, 0)"));

        // The wheel zooms where the mouse is.
        await browser.Evaluate("canvas.scrollIntoView()");
        double x = double.Parse(await browser.Text("canvas.getBoundingClientRect().left + 300"), CultureInfo.InvariantCulture);
        double y = double.Parse(await browser.Text("canvas.getBoundingClientRect().top + 150"), CultureInfo.InvariantCulture);
        await browser.Wheel(x, y, -200);
        await Painted(browser);
        Assert.NotEqual(whole, await browser.Text("document.getElementById('range').textContent"));
        double share = double.Parse(await browser.Text("(to - from) / length"), CultureInfo.InvariantCulture);
        Assert.InRange(share, 0.3, 0.7);

        // Keys too; n picks a mapping, whose life is told, and whose address leads back to it.
        await browser.Evaluate("document.getElementById('whole').click(); canvas.focus({ preventScroll: true }); new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        for (int i = 0; i < 12; i++)
            await browser.Press("+");
        await Painted(browser);
        Assert.InRange(double.Parse(await browser.Text("(to - from) / length"), CultureInfo.InvariantCulture), 0.0002, 0.0003);
        await browser.Evaluate("view(map.start[1000] - 1000, map.start[1000] + 1e6); new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        await browser.Press("n");
        string life = await browser.Text("document.getElementById('life').textContent");
        Assert.Contains("DMA address0x", life, StringComparison.Ordinal);
        Assert.Contains("map", life, StringComparison.Ordinal);
        string address = await browser.Text("location.hash");
        Assert.Contains("mapping=", address, StringComparison.Ordinal);
        await Open(browser, page + "?again" + address);
        Assert.Equal(life, await browser.Text("document.getElementById('life').textContent"));
        Assert.Empty(browser.Complaints);
    }

    [Theory]
    [InlineData(1280, true)]
    [InlineData(420, false)]
    public async Task Fits_its_window_and_has_names(int width, bool dark)
    {
        using Browser browser = await Browser.Start(width, 900, dark);
        await Open(browser, _folder.Make("report", Recordings + "x86-force-512", "--html"));
        Assert.Equal("true", await browser.Text("document.documentElement.scrollWidth <= innerWidth"));
        List<string> nodes = await browser.Accessible();
        Assert.DoesNotContain(nodes, node => node is "button: " or "heading: " or "columnheader: " or "img: " or "image: ");
        Assert.InRange(Picture.Read(await browser.Screenshot()).Colours(), 40, int.MaxValue);
        Assert.Empty(browser.Complaints);
    }

    /// <summary>A frame of many mappings must cost no more than a few frames of few: it depends on what is visible, not on what there is.</summary>
    [Fact]
    public async Task Many_mappings_stay_smooth()
    {
        const int many = 100_000;
        string trace = Path.Combine(_folder.Path, "many.txt");
        await using (StreamWriter text = File.CreateText(trace))
        {
            await text.WriteLineAsync("# tracer: nop\n#");
            for (int i = 0; i < many; i++)
            {
                string at = (1 + (i * 1e-5)).ToString("F6", CultureInfo.InvariantCulture), end = (1 + (i * 1e-5) + 4e-6).ToString("F6", CultureInfo.InvariantCulture);
                ulong address = 0x8000_0000 + ((ulong)(i % 64) << 12);
                await text.WriteLineAsync($"              dd-100     [000] .....  {at}: dma_map_page: 0000:00:02.0 dir=TO_DEVICE dma_addr={address:x} size=4096 phys_addr={address:x} attrs=0x0");
                await text.WriteLineAsync($"              dd-100     [000] .....  {end}: dma_unmap_page: 0000:00:02.0 dir=TO_DEVICE dma_addr={address:x} size=4096 attrs=0x0");
            }
        }

        using Browser browser = await Browser.Start();
        await Open(browser, _folder.Make("report", trace, "--html"));
        Assert.Equal(many.ToString(CultureInfo.InvariantCulture), await browser.Text("map.count"));
        const string median = "(a, b) => { const times = []; for (let i = 0; i < 15; i++) { from = a; to = b; const t = performance.now(); paint(); times.push(performance.now() - t); } return times.sort((x, y) => x - y)[7]; }";
        double all = double.Parse(await browser.Text($"({median})(0, length)"), CultureInfo.InvariantCulture);
        double few = double.Parse(await browser.Text($"({median})(length * .5, length * .5 + 2e6)"), CultureInfo.InvariantCulture);
        Assert.True(all < (30 * few) + 30, $"{all} ms for all, {few} ms for few");
        Assert.Empty(browser.Complaints);
    }

    private static async Task Open(Browser browser, string page)
    {
        await browser.Open(page);
        for (int i = 0; i < 400 && await browser.Text("document.documentElement.dataset.ready || ''") != "true"; i++)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Equal("true", await browser.Text("document.documentElement.dataset.ready"));
    }

    private static Task Painted(Browser browser) => browser.Evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
}
