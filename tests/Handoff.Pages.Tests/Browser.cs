using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Handoff.Pages.Tests;

/// <summary>A headless Chromium with one page, driven over its debugging protocol on loopback.</summary>
internal sealed class Browser : IDisposable
{
    private static readonly string? s_program = ((string[])["chromium", "chromium-browser", "google-chrome"])
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    private readonly string _profile = Directory.CreateTempSubdirectory("handoff-browser-").FullName;
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(120));
    private int _last;

    private Browser(int width, int height, bool dark)
    {
        List<string> arguments =
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-extensions", "--mute-audio",
            "--disable-background-networking", "--remote-debugging-port=0", $"--user-data-dir={_profile}", $"--window-size={width},{height}", "about:blank",
        ];
        if (dark)
            arguments.Insert(0, "--blink-settings=preferredColorScheme=0");
        _process = Process.Start(new ProcessStartInfo(s_program!, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>What the page complained about: console errors and exceptions nobody caught.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Starts a browser. Without one the test is skipped, except where everything must be tested.</summary>
    public static async Task<Browser> Start(int width = 1280, int height = 900, bool dark = false)
    {
        Assert.SkipWhen(s_program is null && Environment.GetEnvironmentVariable("CI") is null, "needs Chromium (apt-get install chromium)");
        Assert.True(s_program is not null, "Chromium is missing (apt-get install chromium)");
        var browser = new Browser(width, height, dark);
        try
        {
            await browser.Connect();
        }
        catch
        {
            browser.Dispose();
            throw;
        }

        return browser;
    }

    /// <summary>Opens a page and waits until its script has run.</summary>
    public async Task Open(string address)
    {
        await Send("Page.navigate", new JsonObject { ["url"] = address });
        for (int i = 0; i < 200; i++)
        {
            if (await Evaluate("document.readyState === 'complete' && location.href !== 'about:blank'") is JsonValue ready && ready.GetValue<bool>())
                return;
            await Task.Delay(50, _limit.Token);
        }

        Assert.Fail($"{address} did not load");
    }

    /// <summary>Value of a JavaScript expression in the page.</summary>
    public async Task<JsonNode?> Evaluate(string expression)
    {
        JsonNode result = await Send("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        if (result["exceptionDetails"] is { } details)
            Assert.Fail($"{expression}: {details.ToJsonString()}");
        return result["result"]?["value"];
    }

    /// <summary>The same as text.</summary>
    public async Task<string> Text(string expression) => (await Evaluate(expression))?.ToString() ?? "";

    /// <summary>Presses a key.</summary>
    public async Task Press(string key)
    {
        foreach (string type in (string[])["keyDown", "keyUp"])
            await Send("Input.dispatchKeyEvent", new JsonObject { ["type"] = type, ["key"] = key, ["code"] = key });
    }

    /// <summary>Turns the wheel over a place of the page.</summary>
    public Task Wheel(double x, double y, double delta) =>
        Send("Input.dispatchMouseEvent", new JsonObject { ["type"] = "mouseWheel", ["x"] = x, ["y"] = y, ["deltaX"] = 0, ["deltaY"] = delta });

    /// <summary>Moves the mouse, or presses and lets go there.</summary>
    public async Task Click(double x, double y)
    {
        foreach (string type in (string[])["mouseMoved", "mousePressed", "mouseReleased"])
        {
            await Send("Input.dispatchMouseEvent", new JsonObject
            {
                ["type"] = type,
                ["x"] = x,
                ["y"] = y,
                ["button"] = type == "mouseMoved" ? "none" : "left",
                ["clickCount"] = type == "mouseMoved" ? 0 : 1,
            });
        }
    }

    /// <summary>Roles and names of the accessibility tree, as <c>role: name</c>.</summary>
    public async Task<List<string>> Accessible()
    {
        JsonNode tree = await Send("Accessibility.getFullAXTree", []);
        return [.. tree["nodes"]!.AsArray().Where(node => node!["ignored"]?.GetValue<bool>() != true)
            .Select(node => $"{node!["role"]?["value"]}: {node["name"]?["value"]}")];
    }

    /// <summary>A picture of what is visible, as PNG.</summary>
    public async Task<byte[]> Screenshot() => Convert.FromBase64String((await Send("Page.captureScreenshot", []))["data"]!.GetValue<string>());

    public void Dispose()
    {
        _socket.Dispose();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit(10_000);
        _process.Dispose();
        _limit.Dispose();
        try
        {
            Directory.Delete(_profile, recursive: true);
        }
        catch (IOException)
        {
            // A helper process of the browser may still be writing; the folder is in the temporary directory.
        }
    }

    private async Task Connect()
    {
        string file = Path.Combine(_profile, "DevToolsActivePort");
        while (!File.Exists(file) || (await File.ReadAllLinesAsync(file, _limit.Token)).Length < 2)
        {
            Assert.False(_process.HasExited, "the browser ended");
            await Task.Delay(50, _limit.Token);
        }

        string port = (await File.ReadAllLinesAsync(file, _limit.Token))[0];
        using var http = new HttpClient();
        string? page = null;
        while (page is null)
        {
            JsonNode targets = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/json"), _limit.Token))!;
            page = targets.AsArray().FirstOrDefault(target => target!["type"]!.GetValue<string>() == "page")?["webSocketDebuggerUrl"]!.GetValue<string>();
            if (page is null)
                await Task.Delay(50, _limit.Token);
        }

        await _socket.ConnectAsync(new Uri(page), _limit.Token);
        foreach (string domain in (string[])["Page", "Runtime", "Log", "Accessibility"])
            await Send(domain + ".enable", []);
    }

    private async Task<JsonNode> Send(string method, JsonObject parameters)
    {
        int id = ++_last;
        string message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters }.ToJsonString();
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, _limit.Token);
        while (true)
        {
            JsonNode answer = await Receive();
            if (answer["id"]?.GetValue<int>() == id)
            {
                Assert.True(answer["error"] is null, $"{method}: {answer["error"]?.ToJsonString()}");
                return answer["result"]!;
            }

            Note(answer);
        }
    }

    private void Note(JsonNode message)
    {
        JsonNode? parameters = message["params"];
        switch (message["method"]?.GetValue<string>())
        {
            case "Runtime.exceptionThrown":
                Complaints.Add(parameters!["exceptionDetails"]!.ToJsonString());
                break;
            case "Runtime.consoleAPICalled" when parameters!["type"]!.GetValue<string>() is "error" or "warning":
                Complaints.Add(parameters["args"]!.ToJsonString());
                break;
            case "Log.entryAdded" when parameters!["entry"]!["level"]!.GetValue<string>() == "error":
                Complaints.Add(parameters["entry"]!.ToJsonString());
                break;
        }
    }

    private async Task<JsonNode> Receive()
    {
        var buffer = new byte[1 << 16];
        using var whole = new MemoryStream();
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, _limit.Token);
            whole.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(whole.ToArray())!;
    }
}
