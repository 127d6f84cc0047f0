using System.Text.Json.Nodes;

namespace Handoff.Pages.Tests;

/// <summary>The page of <c>check</c> and <c>explain</c> in a real browser.</summary>
public sealed class CheckPageTests : IDisposable
{
    private readonly PageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Shows_every_verdict_and_steps_through_a_story()
    {
        string page = _folder.Make("check", "litmus/thread", "-k", "linux-6.4,linux-6.12,+no-bounce", "--html");
        using Browser browser = await Browser.Start();
        await browser.Open(page + "#test=cached-two-attachments&kernel=linux-6.12");
        int tests = Directory.GetFiles(Path.Combine(Repository.Root, "litmus/thread"), "*.litmus").Length;
        Assert.Equal($"{3 * tests}", await browser.Text("document.querySelectorAll('#matrix td').length"));
        Assert.Equal("lost", await browser.Text("document.querySelector('#matrix .v[aria-pressed=true]').textContent"));

        // Without a step in the address the whole story shows; keys step, and the address follows.
        int steps = int.Parse(await browser.Text("document.querySelectorAll('.lanes tbody tr').length"), null);
        Assert.InRange(steps, 5, 40);
        Assert.Equal($"step {steps} of {steps}", await browser.Text("document.getElementById('position').textContent"));
        await browser.Press("ArrowLeft");
        Assert.Equal($"step {steps - 1} of {steps}", await browser.Text("document.getElementById('position').textContent"));
        Assert.Contains($"step={steps - 1}", await browser.Text("location.hash"), StringComparison.Ordinal);
        await browser.Press("Home");
        Assert.Equal("1", await browser.Text("document.querySelectorAll('.lanes tr.now, .lanes tr:not(.later)').length - 2")); // two rows of headings
        await browser.Evaluate("document.getElementById('forward').click()");
        Assert.Equal($"step 2 of {steps}", await browser.Text("document.getElementById('position').textContent"));
        Assert.Equal("true", await browser.Text("document.querySelector('.source .now') !== null"));

        // A link leads to its step, and another cell to another story.
        await browser.Open(page + "?again#test=cached-two-attachments&kernel=linux-6.12&step=3");
        Assert.Equal($"step 3 of {steps}", await browser.Text("document.getElementById('position').textContent"));
        await browser.Evaluate("[...document.querySelectorAll('#matrix .v')].find(b => b.textContent.startsWith('fails')).click()");
        Assert.StartsWith("fails", await browser.Text("document.querySelector('#matrix .v[aria-pressed=true]').textContent"), StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_version_travels_by_an_arrow()
    {
        string page = _folder.Make("explain", "litmus/thread/uncached-above-mask.litmus", "--html");
        using Browser browser = await Browser.Start();
        await browser.Open(page);
        int copies = int.Parse(await browser.Text("[...document.querySelectorAll('.lanes tbody tr')].findIndex(r => r.textContent.includes('copies frame')) + 1"), null);
        Assert.InRange(copies, 2, 40);
        await browser.Evaluate($"go({{ step: {copies} }}); new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        Assert.Equal("1", await browser.Text("document.querySelectorAll('.lanes svg .arrow').length"));
        Assert.Contains("does not reach", await browser.Text("document.querySelector('.lanes tr.now .reason').textContent"), StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task What_would_cure_it_is_on_the_page()
    {
        string page = _folder.Make("check", "litmus/thread", "--html");
        using Browser browser = await Browser.Start();
        await browser.Open(page + "#test=skip-on-first-map-bounced&kernel=linux-6.12");
        Assert.Equal("without SKIP_CPU_SYNC on line 11: ok", await browser.Text("document.querySelector('#cures li[data-kind=program] .good').textContent"));
        Assert.Contains("dma = dma_map_single(camera, b, DMA_TO_DEVICE);", await browser.Text("document.querySelector('#cures .edit').textContent"), StringComparison.Ordinal);
        await browser.Evaluate("go({ test: 'uncached-64-bit-device', kernel: 'linux-6.12', verdict: null })");
        Assert.Equal("true", await browser.Text("document.getElementById('cures') === null"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Everything_one_can_use_has_a_name()
    {
        string page = _folder.Make("check", "litmus/thread", "-k", "linux-6.4,linux-6.12", "--html");
        using Browser browser = await Browser.Start();
        await browser.Open(page + "#test=uncached-above-mask&kernel=linux-6.12");
        List<string> nodes = await browser.Accessible();
        string[] used = ["button", "combobox", "checkbox", "link", "heading", "table", "columnheader", "rowheader"];
        Assert.DoesNotContain(nodes, node => used.Contains(node.Split(':')[0]) && node.Split(':')[0] != "table" && node.EndsWith(": ", StringComparison.Ordinal));
        Assert.Contains(nodes, node => node.StartsWith("button: uncached-above-mask on linux-6.12: leak, sometimes", StringComparison.Ordinal));
        Assert.Contains("button: step back", nodes);
    }

    [Theory]
    [InlineData(1280, 900, false)]
    [InlineData(1280, 900, true)]
    [InlineData(420, 900, false)]
    public async Task Fits_its_window_in_light_and_dark(int width, int height, bool dark)
    {
        string page = _folder.Make("check", "litmus/thread", "-k", "linux-6.4,linux-6.12,+no-bounce", "--html");
        using Browser browser = await Browser.Start(width, height, dark);
        await browser.Open(page + "#test=uncached-above-mask&kernel=linux-6.12");
        Assert.Equal("true", await browser.Text("document.documentElement.scrollWidth <= innerWidth"));
        double ground = await Brightness(browser, "background-color"), ink = await Brightness(browser, "color");
        Assert.True(dark ? ground < 60 && ink > 180 : ground > 220 && ink < 80, $"ground {ground}, ink {ink}");
        Picture picture = Picture.Read(await browser.Screenshot());
        Assert.InRange(picture.Colours(), 40, int.MaxValue); // a page that draws nothing has two
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public void Is_one_small_file_that_asks_for_nothing()
    {
        string page = new Uri(_folder.Make("explain", "litmus/api/map-single-to.litmus", "--html")).LocalPath;
        string text = File.ReadAllText(page);
        Assert.InRange(text.Length, 5_000, 100_000);
        Assert.DoesNotContain("src=", text, StringComparison.Ordinal);
        Assert.DoesNotMatch("(href|url)[=(]\"?(https?:)?//", text);
    }

    [Fact]
    public async Task Hostile_names_stay_text()
    {
        string test = Path.Combine(_folder.Path, "hostile.litmus");
        await File.WriteAllTextAsync(test, "litmus \"</script><script>document.title='gone'</script><b>&amp;\"\n\ndevice d;\nbuffer b = pages(4K);\ndma = dma_map_single(d, b, DMA_FROM_DEVICE);\nd.write(dma, 1);\nb.read();\n", TestContext.Current.CancellationToken);
        string page = _folder.Make("explain", test, "--html");
        using Browser browser = await Browser.Start();
        await browser.Open(page);
        Assert.Contains("</script><b>&amp;", await browser.Text("document.querySelector('#story p').textContent"), StringComparison.Ordinal);
        Assert.Equal("handoff check · hostile", await browser.Text("document.title"));
        Assert.Empty(browser.Complaints);
    }

    private static async Task<double> Brightness(Browser browser, string property)
    {
        JsonNode? value = await browser.Evaluate($"getComputedStyle(document.body).getPropertyValue('{property}').match(/\\d+/g).slice(0, 3).map(Number)");
        return value!.AsArray().Average(part => part!.GetValue<double>());
    }
}
